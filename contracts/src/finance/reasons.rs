//! Every reason that the receivable check can give: number, verdict, sentence id, and the sentence in
//! Chinese and English. Numbers and ids are never given a second meaning. The hundreds are the check.

use serde::Serialize;

/// How a check ends. Ordered from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// There is nothing to check.
    NotApplicable,
    /// Checked and good.
    Pass,
    /// A person must look, or somebody has not shown something yet.
    Warn,
    /// Checked and bad, or the creditor itself has not shown what only it can show.
    Fail,
}

macro_rules! reasons {
    ($($name:ident $code:literal $verdict:ident $id:literal $zh:literal $en:literal;)*) => {
        /// A reason; its verdict belongs to it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Reason {
            $(#[doc = $en] $name,)*
        }

        impl Reason {
            /// Every reason, in the order of their numbers.
            pub const ALL: &'static [Reason] = &[$(Reason::$name,)*];

            /// The stable number.
            pub fn code(self) -> u16 {
                match self { $(Reason::$name => $code,)* }
            }
            /// The verdict that it brings.
            pub fn verdict(self) -> Verdict {
                match self { $(Reason::$name => Verdict::$verdict,)* }
            }
            /// The sentence's id.
            pub fn id(self) -> &'static str {
                match self { $(Reason::$name => $id,)* }
            }
            /// The sentence in simplified Chinese.
            pub fn zh_cn(self) -> &'static str {
                match self { $(Reason::$name => $zh,)* }
            }
            /// The sentence in English.
            pub fn en(self) -> &'static str {
                match self { $(Reason::$name => $en,)* }
            }
        }
    };
}

reasons! {
    // Shared by several checks: no check can be made, or the creditor withheld what only it can show.
    NoState 1 Fail "receivable.unknown" "账本上没有该应收账款的当前状态。" "The ledger has no current state of this receivable.";
    Unreadable 2 Fail "receivable.unreadable" "应收账款记录无法读取。" "The receivable's record cannot be read.";
    PartiesNotPresented 3 Fail "parties.not-presented" "债权人未出示当事人信息。" "The creditor has not presented the parties.";
    InvoiceNotPresented 4 Fail "invoice.not-presented" "债权人未出示发票信息。" "The creditor has not presented the invoice.";
    DocumentsNotPresented 5 Fail "documents.not-presented" "债权人未出示单证清单。" "The creditor has not presented which documents stand behind it.";
    SealedUnreadable 6 Fail "sealed.unreadable" "出示的密封字段格式不符或重复。" "A presented sealed field does not have its form, or is presented twice.";

    Untampered 100 Pass "final.ok" "记录已最终确认，出示内容与账本一致。" "The record is final and all that was presented fits the ledger.";
    NotFinal 101 Fail "final.not-yet" "记录尚未最终确认，请稍后再查。" "The record is not final yet; ask again later.";
    Forged 102 Fail "final.forged" "出示的内容与账本上的摘要不符。" "Something presented does not fit the digests on the ledger.";
    StateDiffers 103 Fail "final.state-differs" "账本状态与该记录不一致。" "The ledger's state is not that of this record.";
    NotAttested 104 Fail "final.not-attested" "出示的字段未经登记机构证明。" "A presented field is not among those that the registrar attested.";
    PartlyPresented 105 Warn "final.partly-presented" "部分密封字段未出示，仅核对了公开内容。" "Not all sealed fields were presented; only the rest was compared.";

    GoodStanding 200 Pass "standing.ok" "各方成员状态正常。" "All parties are in good standing.";
    MemberUnknown 201 Fail "standing.unknown" "有一方不是本账本成员。" "A party is not a member of this ledger.";
    Suspended 202 Fail "standing.suspended" "有一方已被暂停。" "A party is suspended.";
    CreditorDiffers 203 Fail "standing.creditor-differs" "密封的债权人不是提交记录的成员。" "The sealed creditor is not the member that submitted the record.";
    IssuerSuspended 204 Warn "standing.issuer-suspended" "有单证的出具方已被暂停。" "The issuer of a document is suspended.";

    KeysValid 300 Pass "keys.ok" "所有签名密钥在签署时有效，至今未吊销。" "Every key was valid when it signed and still is.";
    KeyUnknown 301 Fail "keys.unknown" "签名密钥在当时未登记。" "A key was not registered when it signed.";
    KeyNotValid 302 Fail "keys.not-valid" "签名密钥在签署时无效。" "A key was not valid for its use when it signed.";
    AttestationWrong 303 Fail "keys.attestation" "登记机构的证明签名不正确。" "The registrar's attestation is not signed by the key it names.";
    KeyRevokedSince 304 Warn "keys.revoked-since" "有密钥在签署后被吊销或到期。" "A key was revoked or expired after it signed.";

    ConfirmedByDebtor 400 Pass "confirmed.debtor" "债务人已确认。" "The debtor confirmed it.";
    ConfirmedByAgent 401 Pass "confirmed.agent" "代确认机构已代债务人确认。" "The debtor's agent confirmed it.";
    NotConfirmed 402 Fail "confirmed.not-yet" "债务人尚未确认。" "The debtor has not confirmed it.";
    Rejected 403 Fail "confirmed.rejected" "债务人已拒绝。" "The debtor rejected it.";
    Disputed 404 Fail "confirmed.disputed" "应收账款存在争议。" "It is disputed.";
    ConfirmationNotFound 405 Fail "confirmed.not-found" "未找到确认记录。" "The record of the confirmation was not found.";
    ConfirmationWrong 406 Fail "confirmed.wrong" "确认记录与应收账款的承诺不符。" "The confirmation does not open the receivable's commitment.";
    ConfirmerDiffers 407 Fail "confirmed.differs" "确认方不是密封信息中的债务人或其代理。" "Who confirmed is neither the sealed debtor nor its agent.";

    DocumentsExist 500 Pass "documents.ok" "所列单证均在账本上。" "Every named document is on the ledger.";
    DocumentNotFound 501 Fail "documents.not-found" "有单证不在账本上。" "A named document is not on the ledger.";
    DocumentWrongKind 502 Fail "documents.wrong-kind" "有单证的种类不符。" "A named document is of another kind.";
    DocumentNotFinal 503 Fail "documents.not-final" "有单证尚未最终确认。" "A named document is not final yet.";
    NoDocumentNamed 504 Fail "documents.none" "没有列出任何单证。" "No document is named at all.";
    DocumentNotNamed 505 Warn "documents.not-named" "订单、运单、清单、报关单未全部列出。" "Not all of order, waybill, list and declaration are named.";

    DocumentsAgree 600 Pass "agree.ok" "各单证相互一致。" "The documents agree.";
    OrderNumberDiffers 601 Fail "agree.order-number" "订单编号不一致。" "The order numbers differ.";
    WaybillNumberDiffers 602 Fail "agree.waybill-number" "运单编号不一致。" "The waybill numbers differ.";
    PartiesDiffer 603 Fail "agree.parties" "单证之间的企业代码不一致。" "The enterprises named by the documents differ.";
    SellerDiffers 604 Fail "agree.seller" "订单的卖方不是债权人。" "The seller on the order is not the creditor.";
    CurrencyDiffers 605 Fail "agree.currency" "币种不一致。" "The currencies differ.";
    TotalsDiffer 606 Fail "agree.totals" "商品行合计与订单货值不一致。" "The lines do not add up to the order's goods value.";
    InvoiceExceedsOrder 607 Fail "agree.invoice-exceeds" "发票金额超过订单总额。" "The invoice exceeds the order's total.";
    ReceivableExceedsInvoice 608 Fail "agree.receivable-exceeds" "应收账款金额超过发票金额。" "The receivable exceeds the invoice.";
    DeclarationOmitsList 609 Fail "agree.declaration-list" "报关单未包含该清单。" "The declaration does not name the list.";
    NotReleased 610 Fail "agree.not-released" "海关尚未放行。" "Customs have not released the declaration.";
    DocumentPartiesNotPresented 611 Warn "agree.parties-not-presented" "有单证的当事人信息未出示。" "The parties of a document were not presented.";
    DocumentAmountsNotPresented 612 Warn "agree.amounts-not-presented" "订单金额未出示。" "The amounts of the order were not presented.";
    DocumentGoodsNotPresented 613 Warn "agree.goods-not-presented" "有单证的商品行未出示。" "The goods of a document were not presented.";
    NotComparable 614 Warn "agree.not-comparable" "有单证或字段缺失，无法全部比对。" "A document or field is missing, so not everything could be compared.";
    CurrencyUnknown 615 Warn "agree.currency-unknown" "币制代码无法识别。" "A customs currency code is missing or not known.";
    IssuedDiffers 616 Warn "agree.issued-differs" "发票日期与应收账款开立日期不同。" "The invoice's date is not the receivable's.";

    NotCancelled 700 Pass "cancelled.none" "没有单证被撤销。" "No document was cancelled.";
    DocumentCancelled 701 Fail "cancelled.document" "有单证已被删除、退单或退运。" "A document was deleted, refused or returned.";
    DeclarationCancelled 702 Fail "cancelled.declaration" "报关单已撤销。" "The declaration was cancelled.";
    DocumentDoubted 703 Warn "cancelled.doubted" "有单证被变更，或有撤销、退货申请。" "A document was changed, or somebody asked to cancel it or to return goods.";
    NotAllLookedAt 704 Warn "cancelled.missing" "有单证缺失，无法判断是否撤销。" "A document is missing, so whether it was cancelled is not known.";

    NotUsedElsewhere 800 Pass "used.none" "单证指纹仅属于本应收账款。" "The fingerprints belong to this receivable alone.";
    UsedElsewhere 801 Fail "used.elsewhere" "单证指纹属于另一笔应收账款。" "A fingerprint belongs to another live receivable.";
    FingerprintFreed 802 Fail "used.freed" "单证指纹已不再由本应收账款占用。" "This receivable no longer occupies its fingerprints.";
    FingerprintNotLookedUp 803 Fail "used.not-looked-up" "有单证指纹未查询。" "A fingerprint was not looked up.";

    AllFree 900 Pass "amount.all-free" "全部金额可用。" "All of it is free.";
    PartlyFree 901 Pass "amount.partly-free" "部分金额已被占用，其余可用。" "Part of it is encumbered; the rest is free.";
    NothingLeft 902 Fail "amount.nothing-left" "该应收账款已结清或已拒绝。" "It is paid or rejected; nothing is left.";
    NothingFree 903 Fail "amount.nothing-free" "全部金额已被占用。" "All of it is encumbered.";
    LessThanAsked 904 Fail "amount.less-than-asked" "可用金额低于申请金额。" "Less is free than was asked for.";

    NotDue 1000 Pass "due.later" "尚未到期。" "The due date lies ahead.";
    DueToday 1001 Warn "due.today" "今天到期。" "It is due today.";
    Matured 1002 Fail "due.passed" "已过到期日。" "The due date has passed.";

    NoPolicy 1100 NotApplicable "policy.none" "未附保单。" "It names no policy.";
    PolicyGood 1101 Pass "policy.ok" "保单有效并覆盖该应收账款。" "The policy is in force and covers it.";
    PolicyNotFound 1102 Fail "policy.not-found" "账本上没有该保单。" "The policy is not on the ledger, or not final.";
    PolicyCancelled 1103 Fail "policy.cancelled" "保单已注销。" "The policy was cancelled.";
    PolicyCurrency 1104 Fail "policy.currency" "保单币种不同。" "The policy has another currency.";
    PolicyPeriod 1105 Fail "policy.period" "开立日期不在保险期间内。" "The invoice's date lies outside the period covered.";
    PolicyParties 1106 Fail "policy.parties" "保单的被保险人或买方不同。" "The policy insures another seller or buyer.";
    PolicyPartiesNotPresented 1107 Warn "policy.parties-not-presented" "保单当事人信息未出示。" "The policy's parties were not presented.";
    PolicyLimit 1108 Warn "policy.limit" "保单限额低于应收账款金额。" "The policy's limit is below the receivable's amount.";
    PolicyEnded 1109 Warn "policy.ended" "保险期间已届满。" "The period covered has ended since.";

    NothingSimilar 1200 Pass "similar.none" "没有相似的应收账款。" "No live receivable is similar.";
    SimilarExists 1201 Warn "similar.exists" "存在相似的应收账款，请人工核对。" "A live receivable is similar; compare them.";
    NoSimilarAttested 1202 Warn "similar.not-attested" "登记机构未证明相似指纹，无法比较。" "The registrar attested no blurred fingerprint, so nothing could be compared.";
}
