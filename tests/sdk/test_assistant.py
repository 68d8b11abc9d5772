"""The cloud assistant: commands are kept, invoked, stopped, and what came of them is read."""

import base64

import pytest

from sdk import ZONES, every_numbered_page, every_page, narrow, refused, until


@pytest.fixture(scope="module")
def instances(sdk):
    """Two instances, one of which runs."""
    vpc = sdk.vpc.CreateVpc(VpcName="assistant", CidrBlock="10.0.0.0/16")["VpcId"]
    vswitch = sdk.vpc.CreateVSwitch(VpcId=vpc, ZoneId=ZONES[0], CidrBlock="10.0.1.0/24")["VSwitchId"]
    (on,) = sdk.ecs.RunInstances(ImageId="host", VSwitchId=vswitch)["InstanceIdSets"]["InstanceIdSet"]
    off = sdk.ecs.CreateInstance(ImageId="host", VSwitchId=vswitch, InstanceType="ecs.c6.large")["InstanceId"]
    described = lambda: sdk.ecs.DescribeInstances(VpcId=vpc)["Instances"]["Instance"]
    until({on: "Running", off: "Stopped"}, lambda: {one["InstanceId"]: one["Status"] for one in described()})
    yield on, off
    sdk.ecs.DeleteInstances(InstanceId=[on, off], Force=True)
    until([], described)
    for group in sdk.ecs.DescribeSecurityGroups(VpcId=vpc)["SecurityGroups"]["SecurityGroup"]:
        sdk.ecs.DeleteSecurityGroup(SecurityGroupId=group["SecurityGroupId"])
    sdk.vpc.DeleteVSwitch(VSwitchId=vswitch)
    sdk.vpc.DeleteVpc(VpcId=vpc)


def results(sdk, **filters):
    answer = sdk.ecs.DescribeInvocationResults(ContentEncoding="PlainText", **filters)
    return answer["Invocation"]["InvocationResults"]["InvocationResult"]


def ended(sdk, invocation, instance):
    """The result on an instance, once there is one."""
    running = {"Running", "Stopping"}
    find = lambda: results(sdk, InvokeId=invocation, InstanceId=instance)
    until(False, lambda: find()[0]["InvokeRecordStatus"] in running)
    return find()[0]


def run(sdk, content, *instances, **more):
    return sdk.ecs.RunCommand(Type="RunShellScript", CommandContent=content, InstanceId=list(instances), **more)["InvokeId"]


def test_a_command_runs_and_says_what_came_of_it(sdk, instances):
    invocation = run(sdk, "echo héllo; exit 3", instances[0], Name="greet", Description="says hello")
    result = ended(sdk, invocation, instances[0])
    assert (result["Output"], result["ExitCode"]) == ("héllo\n", 3)
    assert (result["InvocationStatus"], result["InvokeRecordStatus"]) == ("Failed", "Failed")
    assert (result["ErrorCode"], result["Dropped"]) == ("ExitCodeNonzero", 0)
    assert result["StartTime"] <= result["FinishedTime"]
    answer = sdk.ecs.DescribeInvocationResults(InvokeId=invocation)
    (encoded,) = answer["Invocation"]["InvocationResults"]["InvocationResult"]
    assert base64.b64decode(encoded["Output"]).decode() == "héllo\n"
    (shown,) = sdk.ecs.DescribeInvocations(InvokeId=invocation, IncludeOutput=True)["Invocations"]["Invocation"]
    assert base64.b64decode(shown["CommandContent"]).decode() == "echo héllo; exit 3"
    assert (shown["CommandName"], shown["InvokeStatus"], shown["InvocationStatus"]) == ("greet", "Failed", "Failed")
    (instance,) = shown["InvokeInstances"]["InvokeInstance"]
    assert (instance["InstanceId"], instance["ExitCode"]) == (instances[0], 3)
    assert base64.b64decode(instance["Output"]).decode() == "héllo\n"


def test_a_kept_command_is_invoked_with_parameters(sdk, instances):
    content = base64.b64encode(b"echo {{ greeting }} $PWD").decode()
    kept = sdk.ecs.CreateCommand(
        Type="RunShellScript", Name="kept", CommandContent=content, EnableParameter=True, WorkingDir="/tmp",
        Tag=[{"Key": "role", "Value": "greeter"}],
    )["CommandId"]
    (shown,) = sdk.ecs.DescribeCommands(CommandId=kept, ContentEncoding="PlainText")["Commands"]["Command"]
    assert (shown["Name"], shown["CommandContent"]) == ("kept", "echo {{ greeting }} $PWD")
    assert shown["ParameterNames"]["ParameterName"] == ["greeting"]
    invocation = sdk.ecs.InvokeCommand(CommandId=kept, InstanceId=[instances[0]], Parameters={"greeting": "hi"})["InvokeId"]
    assert ended(sdk, invocation, instances[0])["Output"] == "hi /tmp\n"
    (shown,) = sdk.ecs.DescribeCommands(Tag=[{"Key": "role", "Value": "greeter"}])["Commands"]["Command"]
    assert (shown["CommandId"], shown["InvokeTimes"]) == (kept, 1)
    with refused("Parameter.MissingValue", 400):
        sdk.ecs.InvokeCommand(CommandId=kept, InstanceId=[instances[0]])
    with refused("Parameter.NotMatched", 403):
        sdk.ecs.InvokeCommand(CommandId=kept, InstanceId=[instances[0]], Parameters={"greeting": "hi", "other": "x"})
    sdk.ecs.DeleteCommand(CommandId=kept)
    assert sdk.ecs.DescribeCommands(CommandId=kept)["Commands"]["Command"] == []
    with refused("InvalidCmdId.NotFound", 404):
        sdk.ecs.InvokeCommand(CommandId=kept, InstanceId=[instances[0]], Parameters={"greeting": "hi"})
    assert ended(sdk, invocation, instances[0])["Output"] == "hi /tmp\n"


def test_a_command_is_stopped(sdk, instances):
    invocation = run(sdk, "sleep 600", instances[0], Timeout=3600)
    until("Running", lambda: results(sdk, InvokeId=invocation)[0]["InvocationStatus"])
    sdk.ecs.StopInvocation(InvokeId=invocation, InstanceId=[instances[0]])
    result = ended(sdk, invocation, instances[0])
    assert (result["InvocationStatus"], result["InvokeRecordStatus"]) == ("Terminated", "Stopped")
    found = lambda answer: answer["Invocation"]["InvocationResults"]["InvocationResult"]
    narrow(sdk.ecs, "DescribeInvocationResults", "InvokeRecordStatus", ["Stopped", "Finished"], found, InvokeId=invocation)
    with refused("InvalidInvokeId.NotFound", 404):
        sdk.ecs.StopInvocation(InvokeId="t-none")


def test_a_stopped_instance_carries_nothing_out(sdk, instances):
    invocation = run(sdk, "echo done", *instances)
    assert ended(sdk, invocation, instances[0])["InvocationStatus"] == "Success"
    result = ended(sdk, invocation, instances[1])
    assert (result["InvocationStatus"], result["ErrorCode"]) == ("Aborted", "InstanceNotRunning")
    (shown,) = sdk.ecs.DescribeInvocations(InvokeId=invocation)["Invocations"]["Invocation"]
    assert (shown["InvokeStatus"], shown["InvocationStatus"]) == ("PartialFailed", "PartialFailed")
    found = lambda answer: invocation in [one["InvokeId"] for one in answer["Invocations"]["Invocation"]]
    narrow(sdk.ecs, "DescribeInvocations", "InvokeStatus", ["PartialFailed", "Finished"], found)


def test_lists_are_paged(sdk, instances):
    kept = [
        sdk.ecs.CreateCommand(Type="RunShellScript", Name=name, CommandContent="dHJ1ZQ==")["CommandId"]
        for name in ("first", "second")
    ]
    commands = lambda answer: [one["CommandId"] for one in answer["Commands"]["Command"]]
    assert sorted(every_page(sdk.ecs.DescribeCommands, commands)) == sorted(kept)
    assert sorted(every_numbered_page(sdk.ecs.DescribeCommands, commands)) == sorted(kept)
    for id in kept:
        sdk.ecs.DeleteCommand(CommandId=id)
    invocations = lambda answer: [one["InvokeId"] for one in answer["Invocations"]["Invocation"]]
    all_of_them = every_page(sdk.ecs.DescribeInvocations, invocations, InstanceId=instances[0])
    assert len(set(all_of_them)) == len(all_of_them) >= 4
    records = sdk.ecs.DescribeInvocationResults(InstanceId=instances[0], PageNumber=2, PageSize=1)["Invocation"]
    assert (records["TotalCount"], len(records["InvocationResults"]["InvocationResult"])) == (len(all_of_them), 1)


def test_instances_tell_whether_they_can_carry_out_commands(sdk, instances):
    items = lambda answer: answer["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"]
    shown = {one["InstanceId"]: one for one in items(sdk.ecs.DescribeCloudAssistantStatus(InstanceId=list(instances)))}
    assert {id: one["CloudAssistantStatus"] for id, one in shown.items()} == {instances[0]: "true", instances[1]: "false"}
    assert shown[instances[0]]["InvocationCount"] >= 4
    ids = lambda answer: [one["InstanceId"] for one in items(answer)]
    assert set(instances) <= set(every_page(sdk.ecs.DescribeCloudAssistantStatus, ids))
    with refused("InvalidInstance.NotFound", 404):
        sdk.ecs.DescribeCloudAssistantStatus(InstanceId=["i-bp1none"])


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"Type": "RunBatScript"}, "InvalidCmdType.NotFound", 404),
        ({"Type": ""}, "MissingParameter.Type", 400),
        ({"CommandContent": ""}, "MissingParameter.CommandContent", 400),
        ({"CommandContent": "x" * 18433}, "CmdContent.ExceedLimit", 403),
        ({"CommandContent": "not base64!", "ContentEncoding": "Base64"}, "CmdContent.DecodeError", 400),
        ({"CommandContent": "AA==", "ContentEncoding": "Base64"}, "CmdContent.DecodeError", 400),
        ({"WorkingDir": "relative"}, "InvalidParameter.WorkingDir", 400),
        ({"Timeout": 9}, "InvalidParameter.Timeout", 400),
        ({"Parameters": {"name": "x"}}, "Parameter.Disabled", 400),
        ({"InstanceId": []}, "MissingParam.InstanceId", 400),
        ({"InstanceId": ["i-bp1none"]}, "InvalidInstance.NotFound", 404),
        ({"RepeatMode": "Period", "Frequency": ""}, "InvalidRepeatMode.NotFound", 404),
        ({"Frequency": "0 */20 * * * ?"}, "InvalidParameter.Frequency", 400),
        ({"Username": "nobody"}, "InvalidParameter.Username", 400),
    ],
)
def test_commands_that_cannot_be_are_refused(sdk, instances, change, code, status):
    before = sdk.ecs.DescribeInvocations()["TotalCount"]
    wanted = {"Type": "RunShellScript", "CommandContent": "true", "InstanceId": [instances[0]]} | change
    with refused(code, status):
        sdk.ecs.RunCommand(**wanted)
    assert sdk.ecs.DescribeInvocations()["TotalCount"] == before
