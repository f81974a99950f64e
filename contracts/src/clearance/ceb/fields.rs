//! Where each head field of a message goes in a record.

/// Destination of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Readable by all: numbers of documents, codes and states, nobody's name and no amount.
    Clear,
    /// Enterprises: codes and names.
    Parties,
    /// Amounts as decimals.
    Amount,
    /// Codes that say how an amount is meant.
    AmountCode,
    /// What describes the goods as a whole.
    Goods,
    /// Whatever can identify a natural person; in doubt a field belongs here.
    Personal,
    /// Carriage, packing, weights, places.
    Transport,
    /// Everything else, free text included.
    Other,
}

/// The place of a head field. Unknown names are sealed under `other`, never clear.
pub(super) fn place(name: &str) -> Place {
    match name {
        "guid" | "appType" | "appTime" | "appStatus" | "orderNo" | "payTransactionId" | "payNo" | "logisticsNo" | "invtNo" | "copNo"
        | "preNo" | "tradeMode" | "customsCode" | "portCode" | "currency" | "returnStatus" | "returnTime" => Place::Clear,

        "ebpCode" | "ebpName" | "ebcCode" | "ebcName" | "payCode" | "payName" | "logisticsCode" | "logisticsName" | "agentCode"
        | "agentName" | "ownerCode" | "ownerName" | "iacCode" | "iacName" | "areaCode" | "areaName" | "assureCode" | "copCode" | "copName" => {
            Place::Parties
        }

        "goodsValue" | "freight" | "discount" | "taxTotal" | "acturalPaid" | "amountPaid" | "charge" | "insuredFee" => Place::Amount,
        "fCurrency" | "fFlag" | "iCurrency" | "iFlag" => Place::AmountCode,

        "goodsInfo" | "batchNumbers" => Place::Goods,

        // ebcTelephone: the seller may be one person, and its phone then is that person's.
        "buyerRegNo" | "buyerName" | "buyerTelephone" | "buyerIdType" | "buyerIdNumber" | "consignee" | "consigneeTelephone"
        | "consigneeAddress" | "consigneeDistrict" | "payerIdType" | "payerIdNumber" | "payerName" | "telephone" | "ebcTelephone" => {
            Place::Personal
        }

        "trafMode" | "trafNo" | "trafName" | "voyageNo" | "billNo" | "totalPackageNo" | "loctNo" | "wrapType" | "packNo" | "weight"
        | "grossWeight" | "netWeight" | "country" | "POD" | "ieDate" => Place::Transport,

        _ => Place::Other,
    }
}

/// How a field is written in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A string as it stands.
    Text,
    /// A decimal in its shortest form, as a string.
    Decimal,
    /// An integer.
    Integer,
}

/// The JSON form of a field, from its type in the schema.
pub(super) fn form(name: &str) -> Form {
    match name {
        "gnum" | "packNo" => Form::Integer,
        "qty" | "qty1" | "qty2" | "price" | "totalPrice" | "weight" | "grossWeight" | "netWeight" => Form::Decimal,
        _ if place(name) == Place::Amount => Form::Decimal,
        _ => Form::Text,
    }
}
