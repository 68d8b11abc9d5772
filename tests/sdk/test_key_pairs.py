"""Key pairs: made or imported, given to instances, taken away, deleted."""

import json
import subprocess

import pytest

from sdk import ZONES, every_numbered_page, refused, until


@pytest.fixture(scope="module")
def place(sdk):
    """A VPC with a vSwitch."""
    vpc = sdk.vpc.CreateVpc(VpcName="keys", CidrBlock="10.0.0.0/16")["VpcId"]
    vswitch = sdk.vpc.CreateVSwitch(VpcId=vpc, ZoneId=ZONES[0], CidrBlock="10.0.1.0/24")["VSwitchId"]
    yield vswitch
    for group in sdk.ecs.DescribeSecurityGroups(VpcId=vpc)["SecurityGroups"]["SecurityGroup"]:
        sdk.ecs.DeleteSecurityGroup(SecurityGroupId=group["SecurityGroupId"])
    sdk.vpc.DeleteVSwitch(VSwitchId=vswitch)
    sdk.vpc.DeleteVpc(VpcId=vpc)


def pairs(answer):
    return answer["KeyPairs"]["KeyPair"]


def keygen(*words, text=""):
    done = subprocess.run(["ssh-keygen", *words], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_key_pair_is_made_and_its_private_key_is_shown_once(sdk, tmp_path):
    made = sdk.ecs.CreateKeyPair(KeyPairName="made", Tag=[{"Key": "role", "Value": "door"}])
    private = tmp_path / "key"
    private.write_text(made["PrivateKeyBody"])
    private.chmod(0o600)
    (shown,) = pairs(sdk.ecs.DescribeKeyPairs(KeyPairName="made", IncludePublicKey=True))
    assert shown["PublicKey"] == keygen("-y", "-f", str(private)).strip()
    fingerprint = keygen("-l", "-E", "md5", "-f", str(private)).split()[1]
    assert shown["KeyPairFingerPrint"] == made["KeyPairFingerPrint"] == fingerprint.removeprefix("MD5:").replace(":", "")
    assert "PrivateKeyBody" not in shown
    assert shown["Tags"]["Tag"] == [{"TagKey": "role", "TagValue": "door"}]
    with refused("KeyPair.AlreadyExist", 400):
        sdk.ecs.CreateKeyPair(KeyPairName="made")
    with refused("MissingParameter.KeyPairName", 400):
        sdk.ecs.CreateKeyPair(KeyPairName="")


def test_a_public_key_is_imported(sdk, tmp_path):
    private = str(tmp_path / "key")
    keygen("-q", "-t", "ed25519", "-N", "", "-C", "someone", "-f", private)
    public = open(private + ".pub").read()
    made = sdk.ecs.ImportKeyPair(KeyPairName="imported", PublicKeyBody=public)
    (shown,) = pairs(sdk.ecs.DescribeKeyPairs(KeyPairFingerPrint=made["KeyPairFingerPrint"], IncludePublicKey=True))
    assert (shown["KeyPairName"], shown["PublicKey"]) == ("imported", " ".join(public.split()[:2]))
    with refused("InvalidPublicKeyBody.Malformed", 400):
        sdk.ecs.ImportKeyPair(KeyPairName="other", PublicKeyBody="ssh-rsa not-base64")


def test_key_pairs_are_listed_tagged_and_moved(sdk):
    names = [one["KeyPairName"] for one in every_numbered_page(sdk.ecs.DescribeKeyPairs, pairs)]
    assert names == ["imported", "made"]
    assert [one["KeyPairName"] for one in pairs(sdk.ecs.DescribeKeyPairs(KeyPairName="*port*"))] == ["imported"]
    sdk.ecs.TagResources(ResourceType="keypair", ResourceId=["imported"], Tag=[{"Key": "role", "Value": "guest"}])
    tagged = sdk.ecs.DescribeKeyPairs(Tag=[{"Key": "role", "Value": "guest"}])
    assert [one["KeyPairName"] for one in pairs(tagged)] == ["imported"]
    listed = sdk.ecs.ListTagResources(ResourceType="keypair", ResourceId=["imported"])["TagResources"]["TagResource"]
    assert [(one["ResourceId"], one["TagValue"]) for one in listed] == [("imported", "guest")]
    sdk.ecs.UntagResources(ResourceType="keypair", ResourceId=["imported"], TagKey=["role"])
    with refused("InvalidResourceId.NotFound", 404):
        sdk.ecs.TagResources(ResourceType="keypair", ResourceId=["nobody"], Tag=[{"Key": "role", "Value": "guest"}])


def test_instances_get_a_key_pair_and_lose_it(sdk, place):
    with refused("InvalidKeyPairName.NotFound", 404):
        sdk.ecs.RunInstances(ImageId="host", VSwitchId=place, KeyPairName="nobody")
    (id,) = sdk.ecs.RunInstances(ImageId="host", VSwitchId=place, KeyPairName="made")["InstanceIdSets"]["InstanceIdSet"]
    described = lambda **filters: sdk.ecs.DescribeInstances(**filters)["Instances"]["Instance"]
    assert [one["InstanceId"] for one in described(KeyPairName="made")] == [id]
    with refused("InvalidParameter.KeypairAlreadyAttachedInstance", 400):
        sdk.ecs.DeleteKeyPairs(KeyPairNames=json.dumps(["imported", "made"]))
    answer = sdk.ecs.AttachKeyPair(KeyPairName="imported", InstanceIds=json.dumps([id]))
    (result,) = answer["Results"]["Result"]
    assert (answer["TotalCount"], answer["FailCount"], result["Success"]) == ("1", "0", "true")
    assert described(InstanceIds=json.dumps([id]))[0]["KeyPairName"] == "imported"
    with refused("InvalidInstanceIds.ValueNotSupported", 400):
        sdk.ecs.DetachKeyPair(KeyPairName="made", InstanceIds=json.dumps([id]))
    with refused("InvalidInstanceId.NotFound", 404):
        sdk.ecs.AttachKeyPair(KeyPairName="made", InstanceIds=json.dumps(["i-bp1none"]))
    sdk.ecs.DetachKeyPair(KeyPairName="imported", InstanceIds=json.dumps([id]))
    assert described(InstanceIds=json.dumps([id]))[0]["KeyPairName"] == ""
    sdk.ecs.DeleteInstance(InstanceId=id, Force=True)
    until([], lambda: described(InstanceIds=json.dumps([id])))


def test_key_pairs_are_deleted(sdk):
    sdk.ecs.DeleteKeyPairs(KeyPairNames=json.dumps(["made", "imported"]))
    assert pairs(sdk.ecs.DescribeKeyPairs()) == []
    with refused("InvalidKeyPairName.NotFound", 404):
        sdk.ecs.DeleteKeyPairs(KeyPairNames=json.dumps(["made"]))
