//! The template, with each function's code where it was uploaded to.

use crate::Error;

/// Points every function of the template at its uploaded code, as `sam package` does.
///
/// The rest of the text stays as it is: reading and writing it through a YAML library would lose the short forms
/// (`!Sub` and the like). So this works on lines, by the layout that the template keeps: a resource's name is indented
/// by two spaces, its `Properties` by four. `location` gives the address of a binary's code.
pub(crate) fn with_code(template: &str, location: impl Fn(&str) -> Option<String>) -> Result<String, Error> {
    let mut out = Vec::new();
    let mut block: Vec<&str> = Vec::new();
    for line in template.lines() {
        if starts_resource(line) {
            finish(&mut out, &block, &location)?;
            block.clear();
        }
        block.push(line);
    }
    finish(&mut out, &block, &location)?;
    out.push(String::new());
    Ok(out.join("\n"))
}

fn starts_resource(line: &str) -> bool {
    let Some(name) = line.strip_prefix("  ").and_then(|rest| rest.strip_suffix(':')) else {
        return !line.is_empty() && !line.starts_with([' ', '#']);
    };
    !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric())
}

fn finish(out: &mut Vec<String>, block: &[&str], location: impl Fn(&str) -> Option<String>) -> Result<(), Error> {
    if !block.iter().any(|line| line.trim() == "Type: AWS::Serverless::Function") {
        out.extend(block.iter().map(|&line| line.to_owned()));
        return Ok(());
    }
    let name = block.first().map_or("", |line| line.trim().trim_end_matches(':'));
    let broken = |problem: &str| {
        Error::new(
            format!("template.yaml: the function {name} {problem}"),
            "write it as its neighbours are written: `Binary: <package>` under Metadata/BuildProperties, then Properties",
        )
    };
    let binary = block
        .iter()
        .find_map(|line| line.trim().strip_prefix("Binary:"))
        .ok_or_else(|| broken("does not say which binary it is"))?
        .trim();
    let uri = location(binary).ok_or_else(|| broken(&format!("names the binary {binary}, which was not built")))?;
    let mut placed = false;
    for line in block.iter().filter(|line| !line.starts_with("      CodeUri:")) {
        out.push((*line).to_owned());
        if *line == "    Properties:" {
            out.push(format!("      CodeUri: {uri}"));
            placed = true;
        }
    }
    if placed { Ok(()) } else { Err(broken("has no Properties")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "\
Globals:
  Function:
    CodeUri: .
Resources:
  # A comment.
  GetFunction:
    Type: AWS::Serverless::Function
    Metadata:
      BuildProperties:
        Binary: get
    Properties:
      CodeUri: old
      Name: !Sub \"${AWS::StackName}-get\"
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      Name: a
Outputs:
  Get:
    Value: !Ref GetFunction
";

    fn located(binary: &str) -> Option<String> {
        (binary == "get").then(|| "s3://code/get.zip".to_owned())
    }

    #[test]
    fn only_a_functions_code_changes() {
        let expected = TEMPLATE.replace("      CodeUri: old\n", "      CodeUri: s3://code/get.zip\n");
        assert_eq!(with_code(TEMPLATE, located).unwrap(), expected);
    }

    #[test]
    fn a_function_without_a_binary_is_named() {
        let template = TEMPLATE.replace("        Binary: get\n", "");
        let error = with_code(&template, located).unwrap_err();
        assert!(error.problem().contains("GetFunction does not say which binary"), "{error}");
    }

    #[test]
    fn a_binary_that_was_not_built_is_named() {
        let template = TEMPLATE.replace("Binary: get", "Binary: put");
        let error = with_code(&template, located).unwrap_err();
        assert!(error.problem().contains("names the binary put"), "{error}");
    }

    #[test]
    fn the_projects_own_template_can_be_rewritten() {
        let template = include_str!("../../template.yaml");
        let functions = template.matches("Type: AWS::Serverless::Function\n").count();
        let rewritten = with_code(template, |binary| Some(format!("s3://code/{binary}"))).unwrap();
        assert_eq!(rewritten.matches("      CodeUri: s3://code/").count(), functions);
        assert_eq!(rewritten.lines().count(), template.lines().count() + functions);
    }
}
