# Makes a stack what a template says, as `sam deploy` does: by a change set. Reads what to deploy from standard input, writes
# the stack's outputs to standard output, and why it failed to standard error.
import json
import sys

import boto3
from botocore.exceptions import ClientError, WaiterError

order = json.load(sys.stdin)
stack = {"StackName": order["stack"]}
cloudformation = boto3.client("cloudformation", **order["client"])


def wait(waiter, **what):
    cloudformation.get_waiter(waiter).wait(**what, WaiterConfig={"Delay": 0.1, "MaxAttempts": 1_800})


def describe():
    return cloudformation.describe_stacks(**stack)["Stacks"][0]


def first_failure():
    # What fails after the first resource is only its consequence.
    events = cloudformation.describe_stack_events(**stack)["StackEvents"]
    for event in reversed(events):
        if event["ResourceStatus"].endswith("FAILED") and event["LogicalResourceId"] != order["stack"]:
            reason = event.get("ResourceStatusReason", "no reason given")
            return f"{event['LogicalResourceId']} ({event['ResourceType']}): {reason}"
    return "no resource says why"


def create_change_set():
    try:
        describe()
        kind = "UPDATE"
    except ClientError:
        kind = "CREATE"
    return kind, cloudformation.create_change_set(
        **stack,
        ChangeSetName=order["change_set"],
        ChangeSetType=kind,
        TemplateURL=order["template_url"],
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in order["parameters"]],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )["Id"]


def is_ready(change_set):
    try:
        wait("change_set_create_complete", ChangeSetName=change_set)
        return True
    except WaiterError as error:
        reason = error.last_response.get("StatusReason", "no reason given")
        if "didn't contain changes" in reason or "No updates are to be performed" in reason:
            return False
        sys.exit(f"the template is refused: {reason}")


try:
    kind, change_set = create_change_set()
    if is_ready(change_set):
        cloudformation.execute_change_set(ChangeSetName=change_set)
        wait(f"stack_{kind.lower()}_complete", **stack)
    outputs = {output["OutputKey"]: output["OutputValue"] for output in describe().get("Outputs", [])}
except WaiterError:
    sys.exit(f"the stack ended as {describe()['StackStatus']}: {first_failure()}")
except ClientError as error:
    sys.exit(f"CloudFormation refuses: {error}")
json.dump(outputs, sys.stdout)
