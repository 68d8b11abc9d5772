// Every word that pages show: English, Chinese.
import { resources } from "./resources.ts";
import { sentences } from "./sentences.ts";

const frame = {
  accessKeyId: ["AccessKey ID", "AccessKey ID"],
  accessKeySecret: ["AccessKey Secret", "AccessKey Secret"],
  logOn: ["Log on", "登录"],
  logOff: ["Log off", "退出"],
  live: ["Live", "实时"],
  reconnecting: ["Reconnecting", "重新连接中"],
  dark: ["Dark", "深色"],
  light: ["Light", "浅色"],
  networks: ["Virtual private cloud", "专有网络"],
  compute: ["Elastic compute", "云服务器"],
  nlb: ["Network load balancer", "网络型负载均衡"],
  privateLink: ["PrivateLink", "私网连接"],
  ok: ["OK", "确定"],
  create: ["Create", "创建"],
  submit: ["Submit", "提交"],
  cancel: ["Cancel", "取消"],
  next: ["Next", "下一步"],
  previous: ["Previous", "上一步"],
  first: ["First", "首页"],
  last: ["Last", "末页"],
  page: ["Page", "页码"],
  pages: ["Pages", "分页"],
  rowsOfPage: ["Rows a page", "每页行数"],
  search: ["Search", "搜索"],
  configurationReview: ["Configuration Review", "配置审核"],
  sameAs: ["The same as API call, CLI, Python, Terraform", "等同的 API 调用、命令行、Python、Terraform"],
  actions: ["Actions", "操作"],
  remove: ["Delete", "删除"],
  detach: ["Detach", "移除"],
  done: ["Done", "已完成"],
  wouldBeRefused: ["This would be refused", "该请求将被拒绝"],
  refused: ["Refused", "请求被拒绝"],
  choose: ["Select", "请选择"],
  required: ["This is required.", "此项必填。"],
  invalid: ["This is not valid.", "此项无效。"],
} as const;

export const words = { ...frame, ...resources, ...sentences } satisfies Record<string, readonly [string, string]>;
