//! Calls as people write them: what they ask for is taken or refused, never left unheard.

use std::io::Write;

use flate2::{Compression, GzBuilder};

use super::*;

async fn read_query(name: &str, value: &str) -> Result<Upload, ApiError> {
    Upload::read(Call { query: query(&[(name, value)]), ..call("application/jsonl", FILE) }).await
}

#[tokio::test]
async fn a_rehearsal_that_is_asked_for_in_a_near_spelling_is_one_or_is_refused() {
    for name in ["dryRun", "dryrun", "dry-run", "DRY_RUN", "Dry Run"] {
        assert!(read_query(name, "true").await.unwrap().options.dry_run, "{name}");
        let form = read(body(&[text_part(name, "true"), file_part()])).await;
        assert!(form.unwrap().options.dry_run, "{name}");
    }
    assert_snapshot!(refusal(read_query("dry_rum", "true").await), @r#"dry_rum: "dry_rum" is no option of an import: write "dry_run", or leave it out"#);
    assert_snapshot!(check_refused(&[file_part(), text_part("on-conflicts", "skip")]).await, @r#"on-conflicts: "on-conflicts" is no option of an import: write "on_conflict", or leave it out"#);
    for name in ["noop", "trial", "what-if", "isTest", "data[dry_run]", "attributes.dry_run", "options[test]"] {
        let form = check_refused(&[file_part(), text_part(name, "true")]).await;
        assert_eq!(form, refusal(read_query(name, "true").await), "{name}");
        assert!(form.ends_with(": write \"dry_run\", or leave it out"), "{name}: {form}");
    }
    for (name, value) in [("mode", "test"), ("commit", "false"), ("execute", "no"), ("external_ref", "a?dry_run=true")]
    {
        let form = check_refused(&[file_part(), text_part(name, value)]).await;
        assert_eq!(form, refusal(read_query(name, value).await), "{name}");
    }
    assert_snapshot!(refusal(read_query("mode", "preview").await), @r#"mode: "mode" asks for a rehearsal, and is no option of an import: write "dry_run" with the value true, or leave it out"#);
    assert_snapshot!(refusal(read_query("external_ref", "a?dry_run=true").await), @r#"external_ref: "external_ref" holds another option, dry_run: give each by itself, in an address with & between them"#);
    assert_snapshot!(refusal(read_query("dryRun", "TRUE").await), @r#"dryRun: "dryRun" must be true or false, not "TRUE": write true"#);
}

#[tokio::test]
async fn an_option_that_is_sent_as_a_header_makes_no_import() {
    let world = World::new();
    for name in ["dry-run", "x-dry-run", "on-conflict", "idempotence-key", "x-idempotency-key", "idempotencykey"] {
        let headers = ["host", name].map(|name| (name.to_owned(), String::new())).to_vec();
        for (kind, body) in [("application/jsonl", FILE.to_vec()), (FORM, body(&[file_part()]))] {
            let call = Call { headers: headers.clone(), ..call(kind, body) };
            let refused = create_of(&world, 1, call).await.unwrap_err();
            assert!(matches!(&refused, ApiError::Validation(detail) if detail.contains(name)), "{name}: {refused:?}");
        }
    }
    let asked = |name: &str, value: &str| {
        let headers = vec![(name.to_owned(), value.to_owned())];
        Call { headers, ..call(FORM, body(&[file_part()])) }
    };
    assert_eq!(create_of(&world, 1, asked("x-mode", "test")).await.unwrap_err().status(), 400);
    let preferred = asked("prefer", "dry-run");
    assert_eq!(create_of(&world, 1, preferred.clone()).await.unwrap_err().status(), 400);
    assert_snapshot!(refusal(Upload::read(preferred).await), @r#"header.prefer: "prefer" asks for an option, and no option is read there: write the option behind the address, ?dry_run=true"#);
    let typed = Upload::read(call("application/jsonl; dry_run=true", FILE)).await;
    assert_snapshot!(refusal(typed), @r#"header.content-type: "content-type" asks for an option, and no option is read there: write the option behind the address, ?dry_run=true"#);
    assert_eq!((world.files.keys().len(), world.imports.open(10).await.unwrap().len()), (0, 0));
    assert_snapshot!(refusal(Upload::read(asked("x-dry-run", "")).await), @r#"header.x-dry-run: "x-dry-run" is no header of this call: write the option behind the address, ?dry_run=true, or leave it out"#);
}

#[tokio::test]
async fn a_key_that_is_no_header_is_refused_with_where_it_goes() {
    assert_snapshot!(refusal(read_query("idempotency_key", "k").await), @r#"idempotency_key: "idempotency_key" is a header of the call: send it as the header Idempotency-Key, or leave it out"#);
    let part = check_refused(&[file_part(), text_part("Idempotence-Key", "k")]).await;
    assert_snapshot!(part, @r#"Idempotence-Key: "Idempotence-Key" is a header of the call: send it as the header Idempotency-Key, or leave it out"#);
}

#[tokio::test]
async fn a_part_that_holds_the_name_of_a_file_is_refused() {
    let only = async |text: &str| check_refused(&[text_part("import_file", text)]).await;
    assert_snapshot!(only("/home/ada/import.jsonl").await, @r#"import_file: "import_file" holds "/home/ada/import.jsonl", the name of a file, and not the file: curl sends what is in it when @ stands before the name, -F import_file=@FILE"#);
    for text in ["import.jsonl\r\n", "@import.jsonl", "~/a", r"C:\import.JSONL", "./mine.jsonl.gz"] {
        assert!(only(text).await.starts_with("import_file: \"import_file\" holds \""), "{text}");
    }
    for text in ["{}", "hello", "a\n/b", "{\"a\":1} .jsonl", ""] {
        assert!(read(body(&[text_part("import_file", text)])).await.is_ok(), "{text}");
    }
    // With the name of a file beside it, it is a file, whatever is in it.
    assert!(read(body(&[part("name=import_file; filename=a", "", b"/a.jsonl")])).await.is_ok());
}

#[tokio::test]
async fn a_file_under_another_name_is_asked_for_under_its_own() {
    assert_snapshot!(check_refused(&[part("name=\"file\"; filename=\"a.jsonl\"", "", FILE)]).await, @r#"import_file: "import_file" is required: the part with the JSONL file; a file came as "file": call that part "import_file""#);
    check(&[part("name=\"importFile\"; filename=\"a.jsonl\"", "", FILE)], None).await;
}

#[tokio::test]
async fn a_boundary_is_read_quoted_or_not() {
    for (header, boundary) in [
        ("boundary====1656457491496===", "===1656457491496==="),
        ("boundary=\"a b;c=d\"", "a b;c=d"),
        ("charset=utf-8; Boundary=edge ; x=y", "edge"),
        ("boundary=a/b@c", "a/b@c"),
    ] {
        let text = String::from_utf8(body(&[file_part()])).unwrap().replace("--edge", &format!("--{boundary}"));
        let upload = Upload::read(call(&format!("Multipart/Form-Data; {header}"), text)).await.unwrap();
        assert_eq!(upload.file, FILE, "{header}");
    }
}

#[tokio::test]
async fn a_form_that_is_put_together_by_hand_is_refused_with_what_is_wrong_with_it() {
    let lf = String::from_utf8(body(&[file_part()])).unwrap().replace("\r\n", "\n");
    assert_snapshot!(refusal(read(lf.into()).await), @"body: the multipart body can't be read: its lines end in LF, the lines of a form end in CR LF; curl -F import_file=@FILE makes such a form");
    let whole = String::from_utf8(body(&[file_part()])).unwrap();
    let dashes = Upload::read(call("multipart/form-data; boundary=--edge", whole.clone())).await;
    assert_snapshot!(refusal(dashes), @"body: the multipart body can't be read: Content-Type has the -- that stands before the boundary in the body alone: write boundary=edge");
    let headless = whole.replacen("\r\n\r\n", "\r\n", 1);
    assert_snapshot!(refusal(read(headless.into()).await), @"body: the multipart body can't be read: a part of it lacks its headers, or the empty line after them");
    let cr = whole.replace("\r\n", "\r");
    assert_snapshot!(refusal(read(cr.into()).await), @"body: the multipart body can't be read: its lines end in CR, the lines of a form end in CR LF; curl -F import_file=@FILE makes such a form");
}

#[tokio::test]
async fn the_name_of_a_file_may_look_like_anything() {
    for disposition in [
        r#"filename="my name=1.jsonl"; name="import_file""#,
        r#"filename="a; name=external_ref"; name="import_file""#,
        r#"filename="a\"; name=\"x"; name="import_file""#,
        r#"name="import_file"; filename*=UTF-8''n%C3%A4chtlich.jsonl"#,
        "NAME=import_file; filename=nächtlich.jsonl",
    ] {
        check(&[part(disposition, "", FILE), ref_part("a")], Some("a")).await;
    }
}

/// A file compressed by a program that notes when.
fn gzip_of(file: &[u8], at: u32, level: u32) -> Vec<u8> {
    let mut packed = GzBuilder::new().mtime(at).write(Vec::new(), Compression::new(level));
    packed.write_all(file).unwrap();
    packed.finish().unwrap()
}

fn gzip(at: u32, level: u32) -> Vec<u8> {
    gzip_of(FILE, at, level)
}

#[tokio::test]
async fn a_file_that_is_compressed_anew_is_the_same_file() {
    let world = World::new();
    let under = async |number, file: &[u8]| {
        let parts = [part("name=\"import_file\"; filename=\"a\"", "", file)];
        create_under(&world, "k", number, &parts).await.map(|reply| reply.status)
    };
    assert_eq!(under(1, &gzip(1, 1)).await, Ok(201));
    let padded = |padding: &[u8]| [gzip(3, 6), padding.to_vec()].concat();
    let packed_twice = gzip_of(&gzip(4, 6), 5, 6);
    for same in [gzip(2, 9), FILE.to_vec(), gzip(0, 0), padded(&[0; 512]), padded(b"\r\n"), packed_twice] {
        assert_eq!(under(2, &same).await, Ok(200));
    }
    let twice = [gzip(1, 1), gzip(1, 1)].concat();
    let cut = gzip(1, 1)[..30].to_vec();
    for other in [&twice, &cut, &padded(b"x")] {
        assert_eq!(under(2, other).await.unwrap_err().status(), 409);
    }
}

#[tokio::test]
async fn a_key_from_before_files_were_unpacked_still_stands_for_its_call() {
    let upload = |file: Vec<u8>| Upload { file: file.into(), options: ImportOptions::default(), ignored: Vec::new() };
    let of = |file| idempotency::of(Some("k".to_owned()), &upload(file)).unwrap().unwrap();
    let plain = of(FILE.to_vec());
    // As the version before digested it.
    assert_eq!(plain.fingerprint, "heSm2uBiAkhcckcb-agkb5PtkPcVUcZeH5bDmKHSRXM");
    let packed = of(gzip(1, 1));
    assert_eq!((&packed.fingerprint, &plain.former), (&plain.fingerprint, &None));
    assert!(packed.former.is_some_and(|former| former != plain.fingerprint));
}

#[tokio::test]
async fn what_means_nothing_is_named_in_the_answer() {
    let world = World::new();
    let parts = [file_part(), text_part("colour", "red")];
    for status in [201, 200] {
        let reply = create_under(&world, "k", 1, &parts).await.unwrap();
        assert_eq!(reply.status, status);
        assert!(reply.body.contains(r#""ignored":["colour"]"#), "{}", reply.body);
    }
    assert!(!create_under(&world, "k", 1, &[file_part()]).await.unwrap().body.contains("ignored"));
}
