// Record kinds, fields and values in human words. What is not known here is shown as it stands.

const RECORD_KINDS = {
  "trade.order/1": ["订单", "Order"], "trade.payment/1": ["支付单", "Payment"], "trade.waybill/1": ["运单", "Waybill"],
  "trade.list/1": ["清单", "Customs list"], "trade.order-reply/1": ["订单回执", "Reply to an order"],
  "trade.payment-reply/1": ["支付单回执", "Reply to a payment"], "trade.waybill-reply/1": ["运单回执", "Reply to a waybill"],
  "trade.list-reply/1": ["清单回执", "Reply to a list"], "trade.message/1": ["海关报文", "Customs message"],
  "clearance.declaration/1": ["报关单", "Declaration"], "clearance.release/1": ["海关放行决定", "Customs decision"],
  "trace.event/1": ["溯源事件", "Trace event"], "insurance.policy/1": ["保单", "Insurance policy"],
  "insurance.cancel/1": ["保单注销", "Policy cancelled"], "finance.receivable/1": ["应收账款登记", "Receivable registered"],
  "finance.confirm/1": ["应收账款确认", "Receivable confirmed or rejected"], "finance.reserve/1": ["预留", "Reservation"],
  "finance.pledge/1": ["质押", "Pledge"], "finance.repay/1": ["还款", "Repayment"], "finance.release/1": ["解除", "Release"],
  "finance.dispute/1": ["争议", "Dispute"], "registry.enterprise/1": ["企业备案", "Enterprise filed"],
  "registry.goods/1": ["商品备案", "Goods filed"], "registry.review/1": ["备案审核", "Review of a filing"],
  "registry.object/1": ["对象赋码", "Object code assigned"], "member.key/1": ["成员密钥变更", "Member’s key changed"],
  "gov.proposal/1": ["治理提案", "Proposal"], "gov.vote/1": ["治理表决", "Vote"],
};

const FIELDS = {
  currency: ["币种", "Currency"], minor: ["金额", "Amount"], face: ["账面金额", "Face amount"], remaining: ["尚未付款", "Not yet paid"],
  issued: ["开票日期", "Invoice date"], due: ["到期日", "Due"], stage: ["阶段", "Stage"], policy: ["保单", "Policy"],
  confirmer: ["确认人（承诺值）", "Confirmer (commitment)"], attestation: ["登记机构核证", "Registrar’s attestation"],
  registrar: ["登记机构", "Registrar"], kid: ["密钥编号", "Key id"], exact: ["精确指纹", "Exact fingerprints"],
  similar: ["近似指纹", "Similar fingerprints"], blurred: ["近似指纹", "Similar fingerprints"], binds: ["所见保密字段摘要", "Sealed fields seen (digests)"],
  signature: ["签名", "Signature"], receivable: ["应收账款", "Receivable"], decision: ["决定", "Decision"], capacity: ["身份", "Capacity"],
  salt: ["盐", "Salt"], seconds: ["时长（秒）", "Seconds"], reservation: ["预留", "Reservation"], until: ["截止", "Until"],
  register_no: ["登记证明编号", "Register no."], maker: ["经办签名", "Maker’s signature"], pledge: ["质押", "Pledge"],
  source: ["付款方", "Paid by"], encumbrance: ["质押或预留", "Encumbrance"], reason: ["原因", "Reason"], open: ["开启", "Opened"],
  reveal: ["身份证明", "Proof of capacity"], registered: ["登记区块", "Registered at block"], confirmed: ["确认区块", "Confirmed at block"],
  confirmed_as: ["确认身份", "Confirmed as"], dispute: ["争议", "Dispute"], by: ["提出方", "By"], similar_more: ["另有近似", "More similar ones"],
  limit_minor: ["限额", "Limit"], from: ["起", "From"], waiting: ["赔付等待期（天）", "Waiting period (days)"], insurer: ["承保人", "Insurer"],
  cancelled: ["注销区块", "Cancelled at block"], parties: ["当事方", "Parties"], invoice: ["发票", "Invoice"], documents: ["单证", "Documents"],
  creditor: ["债权人", "Creditor"], debtor: ["债务人", "Debtor"], names: ["名称", "Names"], agent: ["代理", "Agent"], number: ["号码", "Number"],
  date: ["日期", "Date"], order: ["订单", "Order"], waybill: ["运单", "Waybill"], list: ["清单", "List"], declaration: ["报关单号", "Declaration no."],
  lists: ["清单", "Lists"], status: ["状态", "Status"], record: ["记录", "Record"], filed: ["申报区块", "Filed at block"], changed: ["变更区块", "Changed at block"],
  direction: ["进出口", "Direction"], message: ["报文", "Message"], guid: ["报文编号", "Message id"], appType: ["操作类型", "Operation"],
  appTime: ["报送时间", "Sent"], appStatus: ["业务状态", "Status"], orderNo: ["订单号", "Order no."], payTransactionId: ["支付单号", "Payment no."],
  logisticsNo: ["运单号", "Waybill no."], tradeMode: ["监管方式", "Supervision mode"], customsCode: ["主管海关", "Customs district"],
  portCode: ["口岸海关", "Border customs"], invtNo: ["清单编号", "List no."], copNo: ["企业内部编号", "Enterprise’s no."], preNo: ["预录入编号", "Pre-entry no."],
  returnStatus: ["回执状态", "Result"], returnTime: ["回执时间", "Time of result"], amounts: ["金额", "Amounts"], goods: ["商品", "Goods"],
  personal: ["个人信息", "Personal data"], transport: ["运输", "Transport"], other: ["其他", "Other"], eventType: ["事件类型", "Event type"],
  eventTime: ["发生时间", "Happened"], action: ["动作", "Action"], bizStep: ["业务步骤", "Step"], disposition: ["处置状态", "Disposition"],
  readPoint: ["读取点", "Read at"], bizLocation: ["业务地点", "Location"], eventID: ["事件编号", "Event id"], digest: ["原文摘要", "Digest of the original"],
  epcs: ["物品", "Objects"], classes: ["批次", "Lots"], parents: ["上级", "Contained in"], children: ["内装物品", "Contains"],
  childClasses: ["内装批次", "Contains lots"], inputs: ["投入", "Inputs"], inputClasses: ["投入批次", "Input lots"], outputs: ["产出", "Outputs"],
  outputClasses: ["产出批次", "Output lots"], event: ["事件原文", "Original event"], context: ["原文上下文", "Original context"],
  uscc: ["统一社会信用代码", "Social credit code"], customs_code: ["海关备案编码", "Customs code"], name_zh: ["中文名称", "Chinese name"],
  name_en: ["英文名称", "English name"], valid_until: ["有效期至", "Valid until"], for: ["代为备案", "On behalf of"], gtin: ["商品条码", "GTIN"],
  hs: ["商品编码", "HS code"], origin: ["原产地", "Origin"], filing: ["备案", "Filing"], reason_code: ["原因代码", "Reason code"], code: ["代码", "Code"],
  type: ["类型", "Type"], parent: ["上级", "Stands in"], issuer: ["赋码方", "Assigned to"], depth: ["层级", "Depth"], owner: ["备案主体", "Owner"], filer: ["备案人", "Filed by"],
  since: ["自区块", "Since block"], x: ["公钥", "Public key"], uses: ["用途", "Uses"], proposal: ["提案", "Proposal"], vote: ["表决", "Vote"],
  expires: ["截止区块", "Expires at block"], insured: ["被保险人", "Insured"], buyer: ["买方", "Buyer"], policy_no: ["保单号", "Policy no."], ext: ["附加", "Extras"],
  id: ["编号", "Id"], roles: ["角色", "Roles"], keys: ["密钥", "Keys"], suspended_from: ["暂停自区块", "Suspended from block"], count: ["条数", "Count"], head: ["链首", "Head"],
};

const VALUES = {
  registered: ["已登记", "registered"], confirmed: ["已确认", "confirmed"], rejected: ["已拒绝", "rejected"], settled: ["已结清", "settled"],
  confirm: ["确认", "confirm"], reject: ["拒绝", "reject"], approve: ["批准", "approve"], return: ["退回", "return"], debtor: ["债务人", "debtor"],
  agent: ["代确认机构", "confirming agent"], borrower: ["借款人", "borrower"], creditor: ["债权人", "creditor"], confirmer: ["确认人", "confirmer"],
  filed: ["已申报", "filed"], held: ["查验", "held"], released: ["已放行", "released"], cancelled: ["已撤销", "cancelled"], export: ["出口", "export"],
  import: ["进口", "import"], yes: ["赞成", "yes"], no: ["反对", "no"], customs: ["海关", "customs"], tax: ["税务", "tax"], forex: ["外汇管理", "forex"],
  bank: ["银行", "bank"], insurer: ["保险", "insurer"], enterprise: ["企业", "enterprise"], platform: ["平台", "platform"], payment: ["支付企业", "payment firm"],
  carrier: ["承运人", "carrier"], warehouse: ["仓储", "warehouse"], laboratory: ["检测机构", "laboratory"], "rating-agency": ["评级机构", "rating agency"],
  registrar: ["登记机构", "registrar"], "confirming-agent": ["代确认机构", "confirming agent"], delivery: ["交付", "delivery"], quality: ["质量", "quality"],
  quantity: ["数量", "quantity"], amount: ["金额", "amount"], returned: ["退货", "returned"], paid: ["已付", "paid"], fraud: ["涉嫌欺诈", "suspected fraud"],
  commissioning: ["赋码启用", "commissioning"], packing: ["包装", "packing"], shipping: ["发运", "shipping"], receiving: ["收货", "receiving"],
  loading: ["装载", "loading"], storing: ["入库", "storing"], inspecting: ["查验", "inspecting"], departing: ["离开", "departing"], arriving: ["到达", "arriving"],
  accepting: ["接收", "accepting"], unpacking: ["拆包", "unpacking"], transporting: ["运输", "transporting"], in_transit: ["在途", "in transit"],
  in_progress: ["进行中", "in progress"], active: ["有效", "active"], container_closed: ["箱已封", "container closed"], conformant: ["合格", "conformant"],
  OBSERVE: ["观察", "observe"], ADD: ["增加", "add"], DELETE: ["移除", "delete"], ObjectEvent: ["物品事件", "object event"],
  AggregationEvent: ["聚合事件", "aggregation event"], TransactionEvent: ["交易事件", "transaction event"], TransformationEvent: ["转化事件", "transformation event"],
  AssociationEvent: ["关联事件", "association event"], item: ["物品", "item"], parcel: ["包裹", "parcel"], list: ["清单", "customs list"],
  container: ["集装容器", "container"], seal: ["封志", "seal"], site: ["场所", "site"], party: ["组织", "organisation"], receipt: ["仓单", "warehouse receipt"],
  goods: ["商品", "goods"], record: ["记录", "record"], maker: ["经办", "maker"], checker: ["复核", "checker"], api: ["接口", "API"], attest: ["核证", "attest"],
};
// Fields whose values are words of a closed list, and fields that nobody reads by eye.
const CODED = new Set(["stage", "decision", "capacity", "confirmed_as", "source", "reason", "by", "status", "direction", "vote",
  "action", "bizStep", "disposition", "eventType", "roles", "state", "type", "uses"]);
const TECHNICAL = new Set(["signature", "salt", "confirmer", "exact", "similar", "blurred", "binds", "digest", "kid", "guid", "x", "head", "maker", "reveal"]);

export const kindName = (kind, side) => RECORD_KINDS[kind]?.[side] ?? kind;
export const isTechnical = (field) => TECHNICAL.has(field);
export const fieldName = (field, side) => (Object.hasOwn(FIELDS, field) ? FIELDS[field][side] : field);
export function valueWord(field, value, side) {
  return CODED.has(field) && Object.hasOwn(VALUES, value) ? VALUES[value][side] : value;
}
export const wordFor = (value, side) => (Object.hasOwn(VALUES, value) ? VALUES[value][side] : value);

// An amount of minor units (ISO 4217), with separators and no floating point.
export function money(minor, currency) {
  let decimals = 2;
  try {
    decimals = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  } catch {
    // Not a currency that the browser knows: two digits, as most have.
  }
  const digits = String(minor).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${currency} ${whole}${decimals ? `.${digits.slice(-decimals)}` : ""}`;
}

// Unix milliseconds: Beijing time in Chinese, UTC in English, written so that nobody has to guess.
export function moment(ms, side) {
  const at = new Date(ms + (side === 0 ? 8 * 3600 * 1000 : 0));
  if (Number.isNaN(at.getTime())) return String(ms);
  const text = at.toISOString().slice(0, 19).replace("T", " ");
  return side === 0 ? `${text}（北京时间）` : `${text} UTC`;
}
