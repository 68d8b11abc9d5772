// What the codes of refusals mean, in Chinese: the server's own words, which name what they are about, are English and follow.

/** Codes whose meaning is worth words of its own. */
const SAID: Record<string, string> = {
  "Conflict.Port": "该端口已被此负载均衡的其他监听占用。请更换端口。",
  DependencyViolation: "仍有资源依赖于此资源。请先删除下列资源。",
  "DuplicatedParam.Server": "该服务器及端口已在服务器组中。",
  EndpointConnectionOperationDenied: "连接的当前状态不允许此操作。",
  EndpointDependenceViolation: "终端节点仍有可用区。请先移除其所有可用区。",
  EndpointMustContainSecurityGroup: "终端节点至少需要一个安全组。请先加入另一个安全组。",
  EndpointServiceConnectionDependence: "仍有终端节点连接到此服务。请先拒绝或删除下列连接。",
  EndpointServiceDependenceViolation: "服务仍有服务资源。请先移除。",
  EndpointServiceNotAuthorized: "您的账号不在该服务的白名单中。请联系服务方添加。",
  EndpointServiceNotSupportedZone: "该服务在此可用区没有服务资源。",
  "IllegalParam.AnyPortServerGroupConflictWithHealthCheckConfig": "开启全端口转发的服务器组必须为健康检查指定端口。",
  "IllegalParam.PreserveClientIpSwitch": "TCPSSL 监听的服务器组必须关闭客户端地址保持。",
  InvalidIpv6CidrBlock: "IPv6 网段不合法或已被占用。",
  Ipv6InstanceExist: "交换机中仍有使用 IPv6 地址的资源。请先取消分配。",
  "InvalidCidrBlock.Overlapped": "该网段与已有交换机的网段重叠。请更换网段。",
  "InvalidCidrBlock.Malformed": "网段不合法，或不在专有网络的网段内。",
  InvalidConnection: "无法追踪该连接。",
  "InvalidPrivateIpAddress.Duplicated": "该 IP 地址已被使用。请更换或留空。",
  "InvalidVSwitch.Ipv6NotTurnOn": "交换机尚未开启 IPv6。",
  "InvalidOperation.VSwitchIpv6Disabled": "交换机尚未开启 IPv6。",
  "OperationDenied.LoadBalancerInUse": "负载均衡仍被终端节点服务使用，或仍有监听。请先移除。",
  "OperationDenied.NoAvailableServiceResource": "服务在终端节点的某个可用区中没有可分配的资源。请先添加服务资源。",
  "OperationDenied.DeletionProtectionEnabled": "已开启删除保护。请先关闭。",
  "ResourceInUse.ServerGroup": "服务器组仍被监听使用。请先修改或删除下列监听。",
  "ResourceNotEnough.VSwitchIp": "交换机没有空闲的 IP 地址。请选择其他交换机。",
  SignatureDoesNotMatch: "签名不正确。请检查 AccessKey Secret。",
  ZoneOperationDenied: "可用区的当前状态不允许此操作。",
};

/** What codes of a form have in common, the first that fits. */
const ALIKE: [RegExp, string][] = [
  [/^DependencyViolation|Dependence|InUse|DeleteConflict/, "仍有资源依赖于此资源。请先删除下列资源。"],
  [/Quota|Exceed|Limit|NumberExceed|^InvalidTagCount|Number\.NotSupported|ListSize|List\.Size|SizeInvalid/, "超出数量上限。请减少数量、删除不用的资源，或提高配额。"],
  [/^Missing/, "缺少必填项。"],
  [/NotFound|NotExist|Deleted$/, "所指的资源不存在，或已被删除。"],
  [/Duplicat|Repeated|Exist|Twice|IpAssigned/, "已存在，不能重复。"],
  [/Mismatch|MisMatched|Dismatch|NotEqual|SingleType|MultiGroupType|MutliGroupType|NotMatched|Unauthorized/, "所选的资源不匹配，例如不在同一专有网络、可用区，或类型不同。"],
  [/Conflict|Exclusive/, "所填的内容相互冲突。"],
  [/^Incorrect|OperationDenied|Denied|Locked|Configuring|^InvalidOperation|^OperationFailed|Unavailable/, "当前状态不允许此操作。"],
  [/NotSupport|Unsupported/, "不支持此操作或此值。"],
  [/Tag/, "标签不合法：键为 1 到 128 个字符，值最多 128 个字符，不能以 aliyun 或 acs: 开头。"],
  [/Name/, "名称不合法：2 到 128 个字符，以字母开头。"],
  [/Desc|Discription/, "描述不合法：2 到 256 个字符，不能以 http:// 或 https:// 开头。"],
  [/Cidr|CIDR|DestIp|SourceIp/, "网段不合法。"],
  [/Ip|IP\b|Address/, "IP 地址不合法或不可用。"],
  [/Port/, "端口不合法。"],
  [/^Instance/, "实例的当前情况不允许此操作。"],
  [/Illegal|Illeagal|Invalid|InValid|Malformed|Parameter|Error/, "所填的内容不合法。"],
  [/^Throttling/, "请求过于频繁。请稍后重试。"],
];

/** A refusal in Chinese by its code; nothing for one that is not known. */
export function refusalInChinese(code: string): string | undefined {
  return SAID[code] ?? ALIKE.find(([like]) => like.test(code))?.[1];
}
