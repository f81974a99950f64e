//! Bodies of the clearance records made from CEB messages.
//!
//! The `…Clear` structures are the clear fields; the others are the sealed fields `parties`,
//! `amounts`, `goods`, `personal`, `transport` and `other`, each disclosed on its own. Field names
//! are those of the CEB messages (customs notice 2018 no. 113), spelling included. Absent and
//! empty elements are left out.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ceb::Direction;
use super::ceb::dec5::Dec5;

/// Declares structures whose optional fields are all read and written the same way.
macro_rules! body {
    ($(#[$doc:meta])* $name:ident { $($(#[$rdoc:meta])* $req:ident : $rty:ty,)* } optional { $($(#[$odoc:meta])* $opt:ident : $oty:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            $($(#[$rdoc])* pub $req: $rty,)*
            $($(#[$odoc])* #[serde(default, skip_serializing_if = "Option::is_none")] pub $opt: Option<$oty>,)*
        }
    };
}

body! {
    /// Clear fields of `trade.order/1` (messages 303 and 311).
    OrderClear {
        /// Import or export.
        direction: Direction,
        /// Message number.
        message: String,
        /// Number the sender gave this version of the document, 36 characters.
        guid: String,
        /// 1 new, 2 change, 3 delete.
        app_type: String,
        /// Time of sending, `YYYYMMDDhhmmss`, Beijing time.
        app_time: String,
        /// 1 saved, 2 declared.
        app_status: String,
        /// Order number, unique on its platform.
        order_no: String,
    } optional {
        /// Payment number the order names.
        pay_transaction_id: String,
        /// Currency, customs code (142 is CNY).
        currency: String,
    }
}

body! {
    /// Clear fields of `trade.payment/1` (messages 403 and 411).
    PaymentClear {
        /// Import or export.
        direction: Direction,
        /// Message number.
        message: String,
        /// Number the sender gave this version of the document, 36 characters.
        guid: String,
        /// 1 new, 2 change, 3 delete.
        app_type: String,
        /// Time of sending, `YYYYMMDDhhmmss`, Beijing time.
        app_time: String,
        /// 1 saved, 2 declared.
        app_status: String,
        /// Order paid.
        order_no: String,
    } optional {
        /// Payment number: `payTransactionId` of 411, `payNo` of 403.
        pay_transaction_id: String,
        /// Currency, customs code.
        currency: String,
    }
}

body! {
    /// Clear fields of `trade.waybill/1` (messages 505 and 511).
    WaybillClear {
        /// Import or export.
        direction: Direction,
        /// Message number.
        message: String,
        /// Number the sender gave this version of the document, 36 characters.
        guid: String,
        /// 1 new, 2 change, 3 delete.
        app_type: String,
        /// Time of sending, `YYYYMMDDhhmmss`, Beijing time.
        app_time: String,
        /// 1 saved, 2 declared.
        app_status: String,
        /// Waybill number, unique for six months at its carrier.
        logistics_no: String,
    } optional {
        /// Order carried; export waybills do not name it.
        order_no: String,
        /// Currency, customs code.
        currency: String,
    }
}

body! {
    /// Clear fields of `trade.list/1` (messages 603 and 621).
    ListClear {
        /// Import or export.
        direction: Direction,
        /// Message number.
        message: String,
        /// Number the sender gave this version of the document, 36 characters.
        guid: String,
        /// 1 new, 2 change, 3 delete.
        app_type: String,
        /// Time of sending, `YYYYMMDDhhmmss`, Beijing time.
        app_time: String,
        /// 1 saved, 2 declared.
        app_status: String,
        /// Order declared.
        order_no: String,
        /// Waybill declared.
        logistics_no: String,
        /// Supervision mode, such as 9610 or 1210.
        trade_mode: String,
        /// Customs district that accepts the list.
        customs_code: String,
        /// Customs district of the border.
        port_code: String,
    } optional {
        /// Number customs gave the list.
        invt_no: String,
        /// Number the enterprise gave the list.
        cop_no: String,
        /// Number the electronic port gave the list.
        pre_no: String,
        /// Currency, customs code; export lists name it line by line only.
        currency: String,
    }
}

body! {
    /// Clear fields of the four reply kinds, `trade.order-reply/1` and its siblings
    /// (messages 304, 312, 404, 412, 506, 512, 604, 622).
    ReplyClear {
        /// Import or export.
        direction: Direction,
        /// Message number.
        message: String,
        /// Number of the reply, 36 characters.
        guid: String,
        /// Result: 2 being declared, 3 sent, 100 refused, 120 stored, 399 settled, 800 released,
        /// 899 closed; negative is an error.
        return_status: String,
        /// Time of the result, `YYYYMMDDhhmmssSSS`, Beijing time.
        return_time: String,
    } optional {
        /// Order answered.
        order_no: String,
        /// Payment answered.
        pay_transaction_id: String,
        /// Waybill answered.
        logistics_no: String,
        /// Number customs gave the list.
        invt_no: String,
        /// Number the enterprise gave the list.
        cop_no: String,
        /// Number the electronic port gave the list.
        pre_no: String,
        /// Customs district.
        customs_code: String,
    }
}

body! {
    /// Clear fields of `trade.message/1`, every other CEB message. Its one sealed field `xml` is
    /// a string: the item's element as it stood.
    MessageClear {
        /// Import or export.
        direction: Direction,
        /// Message number.
        message: String,
        /// Number of the item, 36 characters.
        guid: String,
        /// List numbers it names, sorted.
        lists: Vec<String>,
        /// Order numbers it names, sorted.
        orders: Vec<String>,
        /// Waybill numbers it names, sorted.
        waybills: Vec<String>,
    } optional {
        /// Time as it stands, 14 or 17 digits, Beijing time.
        time: String,
    }
}

body! {
    /// Sealed field `parties`: enterprises by customs or credit code and registered name.
    Parties {} optional {
        /// Platform code.
        ebp_code: String,
        /// Platform name.
        ebp_name: String,
        /// Seller code.
        ebc_code: String,
        /// Seller name.
        ebc_name: String,
        /// Payment enterprise code.
        pay_code: String,
        /// Payment enterprise name.
        pay_name: String,
        /// Carrier code.
        logistics_code: String,
        /// Carrier name.
        logistics_name: String,
        /// Declarant code.
        agent_code: String,
        /// Declarant name.
        agent_name: String,
        /// Producer or seller unit code (export).
        owner_code: String,
        /// Producer or seller unit name (export).
        owner_name: String,
        /// Warehouse enterprise code in the special zone (export).
        iac_code: String,
        /// Warehouse enterprise name in the special zone (export).
        iac_name: String,
        /// Warehouse enterprise code in the special zone (import).
        area_code: String,
        /// Warehouse enterprise name in the special zone (import).
        area_name: String,
        /// Enterprise whose guarantee pays the tax.
        assure_code: String,
        /// Enterprise that handed the message over, code.
        cop_code: String,
        /// Enterprise that handed the message over, name.
        cop_name: String,
    }
}

body! {
    /// Sealed field `amounts`, decimal(19,5) in the currency named.
    Amounts {} optional {
        /// Currency, customs code.
        currency: String,
        /// Value of the goods, non-cash part included.
        goods_value: Dec5,
        /// Freight.
        freight: Dec5,
        /// Part paid with points, vouchers and the like.
        discount: Dec5,
        /// Tax withheld in advance.
        tax_total: Dec5,
        /// Paid: goodsValue + freight + taxTotal − discount.
        actural_paid: Dec5,
        /// Paid according to the payment enterprise (411).
        amount_paid: Dec5,
        /// Received for export (403).
        charge: Dec5,
        /// Insurance.
        insured_fee: Dec5,
        /// Currency of the freight (export list).
        f_currency: String,
        /// How the freight is given: 1 rate, 2 unit price, 3 total.
        f_flag: String,
        /// Currency of the insurance (export list).
        i_currency: String,
        /// How the insurance is given: 1 rate, 2 unit price, 3 total.
        i_flag: String,
    }
}

body! {
    /// One line of [`Goods`].
    GoodsLine {
        /// Line number, from 1.
        gnum: i32,
    } optional {
        /// Seller's article number.
        item_no: String,
        /// Article name on the platform.
        item_name: String,
        /// Article number in the bonded account book.
        item_record_no: String,
        /// HS code, ten digits.
        gcode: String,
        /// Customs name of the goods.
        gname: String,
        /// Specification and model.
        gmodel: String,
        /// Seller's description.
        item_describe: String,
        /// Bar code.
        bar_code: String,
        /// Country of origin (import) or final destination (export), customs code.
        country: String,
        /// Country of trade.
        trade_country: String,
        /// Currency, customs code.
        currency: String,
        /// Quantity in `unit`.
        qty: Dec5,
        /// Unit, customs code.
        unit: String,
        /// Quantity in the first legal unit.
        qty1: Dec5,
        /// First legal unit.
        unit1: String,
        /// Quantity in the second legal unit.
        qty2: Dec5,
        /// Second legal unit.
        unit2: String,
        /// Price of one `unit`.
        price: Dec5,
        /// Price of the line.
        total_price: Dec5,
    }
}

body! {
    /// Sealed field `goods`.
    Goods {} optional {
        /// Lines in document order.
        lines: Vec<GoodsLine>,
        /// Goods as the carrier sees them (waybill).
        goods_info: String,
        /// Batch numbers (order).
        batch_numbers: String,
    }
}

body! {
    /// Sealed field `personal`: whatever can identify a natural person.
    Personal {} optional {
        /// Buyer's registration at the platform.
        buyer_reg_no: String,
        /// Buyer's name.
        buyer_name: String,
        /// Buyer's phone.
        buyer_telephone: String,
        /// Buyer's kind of identity document: 1 identity card, 2 other.
        buyer_id_type: String,
        /// Buyer's identity document number.
        buyer_id_number: String,
        /// Consignee's name.
        consignee: String,
        /// Consignee's phone.
        consignee_telephone: String,
        /// Consignee's address.
        consignee_address: String,
        /// Consignee's district, six digits.
        consignee_district: String,
        /// Payer's kind of identity document.
        payer_id_type: String,
        /// Payer's identity document number.
        payer_id_number: String,
        /// Payer's name.
        payer_name: String,
        /// Payer's phone.
        telephone: String,
        /// Seller's phone on an export waybill.
        ebc_telephone: String,
    }
}

body! {
    /// Sealed field `transport`.
    Transport {} optional {
        /// Mode of transport, customs code.
        traf_mode: String,
        /// Means of transport (import).
        traf_no: String,
        /// Means of transport (export).
        traf_name: String,
        /// Voyage or flight.
        voyage_no: String,
        /// Bill of lading.
        bill_no: String,
        /// Number of the collective package.
        total_package_no: String,
        /// Supervised site.
        loct_no: String,
        /// Kind of packing, customs code.
        wrap_type: String,
        /// Packages.
        pack_no: i32,
        /// Weight on an import waybill, kilograms.
        weight: Dec5,
        /// Gross weight, kilograms.
        gross_weight: Dec5,
        /// Net weight, kilograms.
        net_weight: Dec5,
        /// Country of departure (import) or destination (export), customs code.
        country: String,
        /// Port of destination abroad.
        #[serde(rename = "POD")]
        pod: String,
        /// Day of entry or exit, `YYYYMMDD`.
        ie_date: String,
    }
}

/// Sealed field `other`: the remaining elements by name, `note` and `returnInfo` included, and
/// `lineNotes`, a list of `{gnum, note}`.
pub type Other = Map<String, Value>;
