"""Certificates, security policies, and listeners that speak TLS."""

import datetime
import ipaddress
import pathlib
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sdk import ZONES, every_page, refused, until

PROGRAM = pathlib.Path(__file__).parents[2] / "target/debug/isthmus"
STRICT = "tls_cipher_policy_1_2_strict"


def certificate(name, is_authority=False):
    """A certificate that signs itself, and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=365))
    names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("10.0.0.1"))]
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem, key.private_bytes(*form).decode()


def upload(sdk, name, is_authority=False):
    pem, key = certificate(name, is_authority)
    secret = {} if is_authority else {"Key": key}
    return sdk.cas.UploadUserCertificate(Name=name, Cert=pem, **secret)


@pytest.fixture(scope="module")
def shop(sdk):
    """A load balancer, a server group that keeps no client's address, and certificates."""

    class Shop:
        pass

    it = Shop()
    it.vpc = sdk.vpc.CreateVpc(CidrBlock="10.0.0.0/16")["VpcId"]
    it.vswitches = [
        sdk.vpc.CreateVSwitch(VpcId=it.vpc, ZoneId=zone, CidrBlock=f"10.0.{n}.0/24")["VSwitchId"]
        for n, zone in enumerate(ZONES)
    ]
    zones = [{"ZoneId": zone, "VSwitchId": vswitch} for zone, vswitch in zip(ZONES, it.vswitches)]
    nlb = {"VpcId": it.vpc, "AddressType": "Intranet", "ZoneMappings": zones}
    it.nlb = sdk.nlb.CreateLoadBalancer(**nlb)["LoadbalancerId"]
    group = {"VpcId": it.vpc, "PreserveClientIpEnabled": False}
    it.group = sdk.nlb.CreateServerGroup(ServerGroupName="rs", **group)["ServerGroupId"]
    it.uploads = [upload(sdk, name) for name in ["shop.example", "blog.example", "wiki.example"]]
    it.certificates = [one["ResourceId"] for one in it.uploads]
    it.authority = upload(sdk, "authority", is_authority=True)
    yield it
    sdk.nlb.DeleteLoadBalancer(LoadBalancerId=it.nlb)
    sdk.nlb.DeleteServerGroup(ServerGroupId=it.group)
    for one in it.uploads + [it.authority]:
        sdk.cas.DeleteUserCertificate(CertId=one["CertId"])
    for vswitch in it.vswitches:
        sdk.vpc.DeleteVSwitch(VSwitchId=vswitch)
    sdk.vpc.DeleteVpc(VpcId=it.vpc)


def listener(shop, **more):
    kind = {"ListenerProtocol": "TCPSSL", "ListenerPort": 443, "ServerGroupId": shop.group}
    return {"LoadBalancerId": shop.nlb, **kind, **more}


def test_certificates_are_listed_without_their_keys(sdk, shop):
    shown = sdk.cas.GetUserCertificateDetail(CertId=shop.uploads[0]["CertId"])
    assert (shown["CertIdentifier"], shown["Sans"]) == (shop.certificates[0], "shop.example,10.0.0.1")
    assert "BEGIN CERTIFICATE" in shown["Cert"] and not shown["Key"]
    listed = sdk.cas.ListUserCertificateOrder(OrderType="UPLOAD", Keyword="blog")
    assert [one["Name"] for one in listed["CertificateOrderList"]] == ["blog.example"]
    assert "PRIVATE KEY" not in str(sdk.cas.ListUserCertificateOrder())


def test_a_certificate_must_fit_its_key(sdk, shop):
    (pem, _), (_, key) = certificate("a.example"), certificate("b.example")
    with refused("InvalidParameter.Key", 400):
        sdk.cas.UploadUserCertificate(Name="wrong", Cert=pem, Key=key)
    with refused("InvalidParameter.Cert", 400):
        sdk.cas.UploadUserCertificate(Name="wrong", Cert=pem)
    with refused("CertificateNotFound", 404):
        sdk.cas.DeleteUserCertificate(CertId=1)


def test_system_policies_are_those_of_the_cloud(sdk):
    policies = sdk.nlb.ListSystemSecurityPolicy()["SecurityPolicies"]
    versions = {one["SecurityPolicyId"]: one["TlsVersion"] for one in policies}
    assert versions["tls_cipher_policy_1_0"] == "TLSv1.0,TLSv1.1,TLSv1.2"
    assert versions["tls_cipher_policy_1_2_strict_with_1_3"] == "TLSv1.2,TLSv1.3"
    ciphers = {one["SecurityPolicyId"]: one["Ciphers"].split(",") for one in policies}
    assert [len(ciphers[f"tls_cipher_policy_1_{end}"]) for end in ["0", "1", "2", "2_strict", "2_strict_with_1_3"]] == [
        19, 19, 19, 12, 17,
    ]


def test_a_policy_of_ones_own_is_made_changed_and_kept_while_used(sdk, shop):
    nlb = sdk.nlb
    policy = {"TlsVersions": ["TLSv1.2"], "Ciphers": ["ECDHE-RSA-AES128-SHA", "AES128-SHA"]}
    created = nlb.CreateSecurityPolicy(SecurityPolicyName="mine", Tag=[{"Key": "team", "Value": "a"}], **policy)
    one = {"SecurityPolicyId": created["SecurityPolicyId"]}
    shown = lambda: nlb.ListSecurityPolicy(SecurityPolicyIds=[one["SecurityPolicyId"]])["SecurityPolicies"][0]
    until("Available", lambda: shown()["SecurityPolicyStatus"])
    assert (shown()["TlsVersion"], shown()["Ciphers"]) == ("TLSv1.2", "ECDHE-RSA-AES128-SHA,AES128-SHA")
    with refused("IllegalParam", 400):
        nlb.UpdateSecurityPolicyAttribute(TlsVersions=["TLSv1.3"], **one)
    with refused("IllegalParam.Ciphers", 400):
        nlb.UpdateSecurityPolicyAttribute(Ciphers=["ROT13"], **one)
    changed = nlb.UpdateSecurityPolicyAttribute(SecurityPolicyName="ours", Ciphers=["AES256-SHA"], **one)
    until("Succeeded", lambda: nlb.GetJobStatus(JobId=changed["JobId"])["Status"])
    second = nlb.CreateSecurityPolicy(SecurityPolicyName="other", **policy)["SecurityPolicyId"]
    found = every_page(nlb.ListSecurityPolicy, lambda answer: answer["SecurityPolicies"])
    assert {policy["SecurityPolicyName"] for policy in found} == {"ours", "other"}
    assert len(nlb.ListSecurityPolicy(Tag=[{"Key": "team"}])["SecurityPolicies"]) == 1
    parameters = listener(shop, CertificateIds=shop.certificates[:1], SecurityPolicyId=one["SecurityPolicyId"])
    made = nlb.CreateListener(**parameters)["ListenerId"]
    assert [one["ListenerId"] for one in shown()["RelatedListeners"]] == [made]
    with refused("ResourceInUse.SecurityPolicy", 400):
        nlb.DeleteSecurityPolicy(**one)
    nlb.DeleteListener(ListenerId=made)
    for policy in [one["SecurityPolicyId"], second]:
        nlb.DeleteSecurityPolicy(SecurityPolicyId=policy)
    with refused("ResourceNotFound.securitypolicy", 404):
        nlb.DeleteSecurityPolicy(**one)


def test_a_tls_listener_shows_certificates(sdk, shop):
    nlb, [first, second, third] = sdk.nlb, shop.certificates
    with refused("MissingParam.Certificate", 400):
        nlb.CreateListener(**listener(shop))
    with refused("IllegalParamSize.certificateIds", 400):
        nlb.CreateListener(**listener(shop, CertificateIds=[first, second]))
    with refused("ResourceNotFound.Certificate", 400):
        nlb.CreateListener(**listener(shop, CertificateIds=["1-cn-hangzhou"]))
    with refused("ResourceNotFound.CaCertificate", 404):
        nlb.CreateListener(**listener(shop, CertificateIds=[first], CaEnabled=True, CaCertificateIds=[second]))
    authority = shop.authority["ResourceId"]
    wanted = {"CaEnabled": True, "CaCertificateIds": [authority], "SecurityPolicyId": STRICT}
    wanted |= {"AlpnEnabled": True, "AlpnPolicy": "HTTP2Optional", "CertificateIds": [first]}
    one = {"ListenerId": nlb.CreateListener(**listener(shop, **wanted))["ListenerId"]}
    shown = nlb.GetListenerAttribute(**one)
    assert {name: shown[name] for name in wanted} == wanted
    more = {"AdditionalCertificateIds": [second, third], **one}
    nlb.AssociateAdditionalCertificatesWithListener(**more)
    with refused("ResourceAlreadyAssociated.Certificate", 400):
        nlb.AssociateAdditionalCertificatesWithListener(**more)
    found = every_page(nlb.ListListenerCertificates, lambda answer: answer["Certificates"], **one)
    assert [(one["CertificateId"], one["IsDefault"]) for one in found][0] == (first, True)
    assert {one["CertificateId"] for one in found} == {first, second, third}
    until({"Associated"}, lambda: {one["Status"] for one in nlb.ListListenerCertificates(**one)["Certificates"]})
    assert nlb.ListListenerCertificates(CertType="Ca", **one)["CertificateIds"] == [authority]
    with refused("OperationDenied.CertificateInUse", 400):
        sdk.cas.DeleteUserCertificate(CertId=shop.uploads[1]["CertId"])
    with refused("OperationDenied.DefaultCertificateUsed", 400):
        nlb.DisassociateAdditionalCertificatesWithListener(AdditionalCertificateIds=[first], **one)
    with refused("OperationDenied.CaCertificateUsed", 400):
        nlb.DisassociateAdditionalCertificatesWithListener(AdditionalCertificateIds=[authority], **one)
    nlb.DisassociateAdditionalCertificatesWithListener(**more)
    with refused("ResourceNotAssociated.Certificate", 400):
        nlb.DisassociateAdditionalCertificatesWithListener(**more)
    nlb.UpdateListenerAttribute(CertificateIds=[second], CaEnabled=False, AlpnEnabled=False, **one)
    shown = nlb.GetListenerAttribute(**one)
    assert (shown["CertificateIds"], shown["CaEnabled"], shown["AlpnEnabled"]) == ([second], False, False)
    nlb.UpdateListenerAttribute(CaEnabled=True, CaCertificateIds=[authority], **one)
    shown = nlb.GetListenerAttribute(**one)
    assert (shown["CaEnabled"], shown["CaCertificateIds"]) == (True, [authority])
    with refused("IllegalParam.PreserveClientIpSwitch", 400):
        nlb.UpdateServerGroupAttribute(ServerGroupId=shop.group, PreserveClientIpEnabled=True)
    nlb.DeleteListener(**one)


def test_other_listeners_have_no_certificates(sdk, shop):
    kind = {"ListenerProtocol": "TCP", "ListenerPort": 80}
    one = {"ListenerId": sdk.nlb.CreateListener(**listener(shop) | kind)["ListenerId"]}
    for call in [sdk.nlb.AssociateAdditionalCertificatesWithListener]:
        with refused("OperationDenied.Protocol", 400):
            call(AdditionalCertificateIds=shop.certificates[:1], **one)
    with refused("OperationDenied.Protocol", 400):
        sdk.nlb.ListListenerCertificates(**one)
    with refused("IllegalParam", 400):
        sdk.nlb.UpdateListenerAttribute(CertificateIds=shop.certificates[:1], **one)
    sdk.nlb.DeleteListener(**one)


def test_the_command_line_imports_lists_and_deletes(sdk, tmp_path):
    pem, key = certificate("cli.example")
    (tmp_path / "chain.pem").write_text(pem)
    (tmp_path / "key.pem").write_text(key)
    (tmp_path / "other.pem").write_text(certificate("other.example")[1])

    def isthmus(*words):
        access = ["--endpoint", f"http://{sdk.address}", "--access-key-id", "dev", "--access-key-secret", "dev"]
        return subprocess.run([PROGRAM, "certificate", *access, *words], capture_output=True, text=True)

    files = ["--certificate", tmp_path / "chain.pem", "--key"]
    wrong = isthmus("import", "--name", "cli", *files, tmp_path / "other.pem")
    assert wrong.returncode != 0 and "does not belong" in wrong.stderr
    made = isthmus("import", "--name", "cli", *files, tmp_path / "key.pem").stdout.strip()
    assert made.endswith("-cn-hangzhou")
    assert f"{made}" in isthmus("list").stdout and "cli.example" in isthmus("list").stdout
    assert isthmus("delete", made).returncode == 0
    assert made not in isthmus("list").stdout


def test_a_certificate_has_the_tags_that_it_was_given(sdk):
    pem, key = certificate("tagged.example")
    tags = {"Tags.1.Key": "team", "Tags.1.Value": "blue"}
    id = sdk.cas.raw("UploadUserCertificate", Name="tagged", Cert=pem, Key=key, **tags)["CertId"]
    shown = sdk.cas.GetUserCertificateDetail(CertId=id)
    sdk.cas.DeleteUserCertificate(CertId=id)
    assert shown["Tags"] == [{"TagKey": "team", "TagValue": "blue"}]
