//! Rules of who may do what.

use serde_json::{Value, json};

use super::{Template, ensure, rules::one_or_many, target};

/// Policies of AWS that SAM gives every function: its log, its traces. Both name no resource, and neither reaches data.
const OF_SAM: [&str; 2] = [
    "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess",
];

/// Every statement of every role and policy of the stack, with the name of its resource.
pub(super) fn statements(template: &Template) -> Vec<(&str, &Value)> {
    let inline = template.all("AWS::IAM::Role").flat_map(|(name, role)| {
        let policies = role["Policies"].as_array().into_iter().flatten();
        policies.flat_map(move |policy| one_or_many(&policy["PolicyDocument"]["Statement"])).map(move |one| (name, one))
    });
    let managed = template.all("AWS::IAM::ManagedPolicy").flat_map(|(name, policy)| {
        one_or_many(&policy["PolicyDocument"]["Statement"]).into_iter().map(move |one| (name, one))
    });
    let all: Vec<_> = inline.chain(managed).collect();
    assert!(!all.is_empty());
    all
}

/// No function may do more than its statements name: single actions, on single resources of the stack or on what lies under
/// one prefix of the bucket. Nothing scans a table.
pub(super) fn permissions(template: &Template) -> Result<(), String> {
    for (name, role) in template.all("AWS::IAM::Role") {
        for policy in role["ManagedPolicyArns"].as_array().into_iter().flatten() {
            let is_ours = template.referred(policy, "AWS::IAM::ManagedPolicy").is_some();
            let is_known = is_ours || policy.as_str().is_some_and(|policy| OF_SAM.contains(&policy));
            ensure(is_known, || format!("{name} has {policy}"))?;
        }
    }
    statements(template).into_iter().try_for_each(|(name, statement)| {
        ensure(statement["Effect"] == "Allow", || format!("{name} does not allow"))?;
        for action in one_or_many(&statement["Action"]) {
            let is_single = action.as_str().is_some_and(|action| !action.contains('*') && !action.ends_with(":Scan"));
            ensure(is_single, || format!("{name} may {action}"))?;
        }
        one_or_many(&statement["Resource"])
            .into_iter()
            .try_for_each(|resource| ensure(is_single(template, resource), || format!("{name} reaches {resource}")))
    })
}

fn is_single(template: &Template, resource: &Value) -> bool {
    if target(resource).is_some_and(|name| template.resources.contains_key(name)) {
        return true;
    }
    if template.key.as_deref().is_some_and(|key| resource == key) {
        return true;
    }
    let text = resource["Fn::Sub"].as_str().or_else(|| resource["Fn::Sub"][0].as_str()).unwrap_or("*");
    // Below the bucket's address there is a prefix before the star.
    let named = text.strip_suffix("/*").filter(|path| path.contains('/')).unwrap_or(text);
    named.contains("${") && !named.contains('*')
}

/// What Lambda does in a function's name, before or after the function itself: the local AWS does it without asking.
pub(super) fn lent(template: &Template) -> Result<(), String> {
    for (_, mapping) in template.all("AWS::Lambda::EventSourceMapping") {
        for action in ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"] {
            may(template, &mapping["FunctionName"], action, &mapping["EventSourceArn"])?;
        }
    }
    template.all("AWS::Lambda::EventInvokeConfig").try_for_each(|(_, config)| {
        let destination = &config["DestinationConfig"]["OnFailure"]["Destination"];
        if destination.is_null() {
            Ok(())
        } else {
            may(template, &config["FunctionName"], "sqs:SendMessage", destination)
        }
    })
}

/// A function's role allows an action on a resource.
fn may(template: &Template, function: &Value, action: &str, resource: &Value) -> Result<(), String> {
    let (name, function) = template.referred(function, "AWS::Lambda::Function").ok_or("a function of nowhere")?;
    let role = target(&function["Role"]);
    let allows = |statement: &Value| {
        one_or_many(&statement["Action"]).contains(&&json!(action))
            && one_or_many(&statement["Resource"]).iter().any(|one| target(one) == target(resource))
    };
    let allowed = statements(template).into_iter().any(|(of, statement)| Some(of) == role && allows(statement));
    ensure(allowed, || format!("{name} lacks {action} on {}", target(resource).unwrap_or_default()))
}

/// Who may call a function names from where; who may call the API shows a token with a scope, or signs.
pub(super) fn callers(template: &Template) -> Result<(), String> {
    template.all("AWS::Lambda::Permission").try_for_each(|(name, permission)| {
        let is_service =
            permission["Principal"].as_str().is_some_and(|principal| principal.ends_with(".amazonaws.com"));
        ensure(is_service, || format!("{name} lets {} call", permission["Principal"]))?;
        ensure(!permission["SourceArn"].is_null(), || format!("{name} lets all of {} call", permission["Principal"]))?;
        let needs_account = permission["Principal"] == "s3.amazonaws.com";
        let has_account = !needs_account || permission["SourceAccount"] == json!({"Ref": "AWS::AccountId"});
        ensure(has_account, || format!("{name} lets buckets of other accounts call"))
    })?;
    let issuer = template.all("AWS::ApiGatewayV2::Authorizer").next();
    template.all("AWS::ApiGatewayV2::Route").try_for_each(|(name, route)| {
        let key = route["RouteKey"].as_str().unwrap();
        let scope = if key.starts_with("GET ") || key == "$default" { "imports:read" } else { "imports:write" };
        let guarded = match issuer {
            Some((issuer, _)) => {
                let by_token = route["AuthorizationType"] == "JWT" && target(&route["AuthorizerId"]) == Some(issuer);
                by_token && route["AuthorizationScopes"] == json!([scope])
            }
            None => route["AuthorizationType"] == "AWS_IAM",
        };
        let is_page = key.starts_with("GET /imports-ui") && route["AuthorizationType"] == "NONE";
        let shows_nothing = is_page && behind(template, route).is_some_and(|function| only_logs(template, function));
        ensure(guarded || shows_nothing, || {
            format!("{name} ({key}) is open{}", if issuer.is_some() { " to tokens" } else { "" })
        })
    })
}

/// The function that a route leads to.
fn behind<'a>(template: &'a Template, route: &'a Value) -> Option<&'a str> {
    let named = |value: &'a Value| value["Fn::Sub"].as_str()?.split("${").last()?.split(['.', '}']).next();
    named(&template.resources.get(named(&route["Target"])?)?["Properties"]["IntegrationUri"])
}

/// Whether a function may do nothing but log: what it answers is nobody's data.
pub(super) fn only_logs(template: &Template, function: &str) -> bool {
    let role = format!("{function}Role");
    let managed = template.resources.get(&role).map(|role| &role["Properties"]["ManagedPolicyArns"]);
    let of_sam = |policy: &Value| policy.as_str().is_some_and(|policy| OF_SAM.contains(&policy));
    managed.and_then(Value::as_array).is_some_and(|managed| managed.iter().all(of_sam))
        && statements(template).into_iter().all(|(name, _)| name != role)
}

/// Scripts of one origin alone reach the bucket: those of the page. Where there is no page, none do, and nothing of it is there.
pub(super) fn page(template: &Template) -> Result<(), String> {
    let has_page = template.has_page;
    let parts = template.resources.keys().filter(|name| name.contains("Page"));
    let left = parts.filter(|_| !has_page).min();
    ensure(left.is_none(), || format!("{} is there without the page", left.map_or("", String::as_str)))?;
    template.all("AWS::S3::Bucket").try_for_each(|(name, bucket)| {
        let own = json!({"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"});
        let rules = bucket["CorsConfiguration"]["CorsRules"].as_array().map_or(&[][..], Vec::as_slice);
        let is_own =
            |rule: &Value| rule["AllowedOrigins"] == json!([own]) && rule["AllowedMethods"] == json!(["GET", "POST"]);
        let is_right = rules.len() == usize::from(has_page) && rules.iter().all(is_own);
        ensure(is_right, || format!("{name} lets other scripts in than the page's"))
    })
}

/// Who may list the bucket may list what he may read alone. S3 wants the permission where an object is missing, and then takes
/// the object's key for the prefix.
pub(super) fn listing(template: &Template) -> Result<(), String> {
    let statements = statements(template);
    let listing = |statement: &Value| one_or_many(&statement["Action"]).contains(&&json!("s3:ListBucket"));
    statements.iter().filter(|(_, statement)| listing(statement)).try_for_each(|(name, statement)| {
        let prefixes = one_or_many(&statement["Condition"]["StringLike"]["s3:prefix"]);
        let of_role = statements.iter().filter(|(role, _)| role == name);
        let reading = of_role.filter(|(_, other)| {
            one_or_many(&other["Action"]).iter().any(|action| action.as_str().unwrap().starts_with("s3:GetObject"))
        });
        let mut readable: Vec<&str> = reading
            .flat_map(|(_, other)| one_or_many(&other["Resource"]))
            .filter_map(|resource| resource["Fn::Sub"].as_str().or_else(|| resource["Fn::Sub"][0].as_str()))
            .filter_map(|path| path.split_once("}/").map(|(_, prefix)| prefix))
            .collect();
        let mut listed: Vec<&str> = prefixes.into_iter().filter_map(Value::as_str).collect();
        readable.sort_unstable();
        listed.sort_unstable();
        ensure(!listed.is_empty() && listed == readable, || format!("{name} may list {listed:?} and read {readable:?}"))
    })
}

/// What S3 calls the three ways of putting a file that the service could not read.
const UNREADABLE: [&str; 3] = [
    "s3:x-amz-storage-class",
    "s3:x-amz-server-side-encryption-customer-algorithm",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
];

/// Who comes from another account reaches what lies under that account's name, and nothing else. Nobody drops a file that the
/// service could not read.
pub(super) fn partners(template: &Template) -> Result<(), String> {
    let (name, policy) = template.all("AWS::S3::BucketPolicy").next().ok_or("the bucket has no policy")?;
    let statements = one_or_many(&policy["PolicyDocument"]["Statement"]);
    for statement in statements.iter().filter(|statement| statement["Effect"] == "Allow") {
        let (sid, principal) = (&statement["Sid"], &statement["Principal"]);
        ensure(*principal == json!({"AWS": template.partners}), || format!("{sid} of {name} lets {principal} in"))?;
        let prefix = &statement["Condition"]["StringLike"]["s3:prefix"];
        let places = if prefix.is_null() { &statement["Resource"] } else { prefix };
        one_or_many(places).into_iter().try_for_each(|place| {
            let path = place["Fn::Sub"].as_str().or_else(|| place.as_str()).unwrap_or_default().replace("${!", "${");
            ensure(path.ends_with("/account-${aws:PrincipalAccount}/*"), || format!("{sid} of {name} reaches {place}"))
        })?;
    }
    let drops = json!({"Fn::Sub": "${Bucket.Arn}/drops/*"});
    UNREADABLE.into_iter().try_for_each(|key| {
        let refuses = |statement: &&Value| {
            let mut conditions = statement["Condition"].as_object().into_iter().flatten();
            statement["Effect"] == "Deny"
                && statement["Resource"] == drops
                && conditions.any(|(_, condition)| !condition[key].is_null())
        };
        ensure(statements.iter().any(refuses), || format!("{name} takes drops whatever their {key}"))
    })
}

/// A function of the API believes tokens where routes ask for tokens, and signatures where they ask for those.
pub(super) fn stores(template: &Template) -> Result<(), String> {
    let by_token = template.all("AWS::ApiGatewayV2::Authorizer").next().is_some();
    let source = json!({"Fn::Sub": if by_token { "claim:${StoreClaim}" } else { "store:${Store}" }});
    let of_api = template
        .all("AWS::Lambda::Permission")
        .filter(|(_, permission)| permission["Principal"] == "apigateway.amazonaws.com")
        .filter_map(|(_, permission)| template.referred(&permission["FunctionName"], "AWS::Lambda::Function"));
    let mut functions = of_api.peekable();
    assert!(functions.peek().is_some());
    functions.filter(|(name, _)| !only_logs(template, name)).try_for_each(|(name, function)| {
        let set = &function["Environment"]["Variables"]["STORE_SOURCE"];
        ensure(*set == source, || format!("{name} takes {set} for the store, not {source}"))
    })
}
