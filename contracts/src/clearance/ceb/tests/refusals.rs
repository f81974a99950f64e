//! What is refused or doubted, by changing one thing in documents that are accepted.

use super::*;

/// Which document, text to replace (once), replacement, code, end of the path.
type Case<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

#[test]
fn one_change_is_refused_with_its_code_and_place() {
    let set = import();
    let long_61 = format!("<ceb:orderNo>{}<", "9".repeat(61));
    let wide_61 = format!("<ceb:buyerName>{}<", "示".repeat(61));
    let cases: &[Case<'_>] = &[
        // Missing, extra, misplaced, repeated.
        (&set.order, "<ceb:orderNo>SO-2026/7</ceb:orderNo>", "", "CEB-011", "/CEB311Message/Order[1]/OrderHead/orderNo"),
        (&set.order, "<ceb:gnum>1</ceb:gnum>", "", "CEB-011", "/CEB311Message/Order[1]/OrderList[1]/gnum"),
        (&set.payment, "<ceb:payTime>20261122093000</ceb:payTime>", "", "CEB-011", "PaymentHead/payTime"),
        (&set.waybill, "<ceb:logisticsNo>WB7</ceb:logisticsNo>", "", "CEB-011", "LogisticsHead/logisticsNo"),
        (&set.list, "<ds:SignatureValue/>", "", "CEB-011", "/CEB621Message/Signature/SignatureValue"),
        (&set.list, "<ceb:tradeMode>9610</ceb:tradeMode>", "", "CEB-011", "InventoryHead/tradeMode"),
        (&set.order, "<ceb:freight>", "<ceb:extra/><ceb:freight>", "CEB-012", "OrderHead/extra"),
        (&set.order, "</ceb:CEB311Message>", "<ceb:Order/></ceb:CEB311Message>", "CEB-013", "/CEB311Message/Order"),
        (&set.order, "<ceb:Order>", "<Order/><ceb:Order>", "CEB-015", "/CEB311Message/Order"),
        (&set.order, "<ceb:freight>12.5</ceb:freight>", "<freight>12.5</freight>", "CEB-015", "OrderHead/freight"),
        (&set.payment, "<ceb:appType>1</ceb:appType>", "<ceb:appType>1</ceb:appType><ceb:appType>1</ceb:appType>", "CEB-014", "PaymentHead/appType"),
        (&set.payment, "<ceb:payerIdType>1</ceb:payerIdType>", "<ceb:telephone>1</ceb:telephone><ceb:payerIdType>1</ceb:payerIdType>", "CEB-011", "PaymentHead/payerIdType"),
        (&set.order, "<ceb:appType>1</ceb:appType>\n      <ceb:appTime>20261122093000</ceb:appTime>", "<ceb:appTime>20261122093000</ceb:appTime><ceb:appType>1</ceb:appType>", "CEB-011", "OrderHead/appType"),
        (&set.order, "<ceb:BaseTransfer>", "<ceb:BaseTransfer><ceb:BaseTransfer/>", "CEB-012", "BaseTransfer/BaseTransfer"),
        // Attributes and text.
        (&set.order, " guid=\"0A1B2C3D-0000-4000-8000-000000000001\"", "", "CEB-021", "/CEB311Message/@guid"),
        (&set.order, " version=\"1.0\">", ">", "CEB-021", "/CEB311Message/@version"),
        (&set.order, " version=\"1.0\">", " version=\"\">", "CEB-031", "/CEB311Message/@version"),
        (&set.order, " version=\"1.0\">", " version=\"1.0\" lang=\"zh\">", "CEB-022", "/CEB311Message/@lang"),
        (&set.order, "<ceb:orderNo>", "<ceb:orderNo id=\"1\">", "CEB-022", "orderNo/@id"),
        (&set.order, "<ceb:OrderHead>", "<ceb:OrderHead>x", "CEB-023", "/CEB311Message/Order[1]/OrderHead"),
        (&set.order, "<ceb:orderNo>SO", "<ceb:orderNo><b/>SO", "CEB-024", "OrderHead/orderNo"),
        // Lengths.
        (&set.order, "<ceb:orderNo>SO-2026/7<", &long_61, "CEB-032", "OrderHead/orderNo"),
        (&set.order, "<ceb:buyerName>张示例<", &wide_61, "CEB-032", "OrderHead/buyerName"),
        (&set.order, "<ceb:orderNo>SO-2026/7<", "<ceb:orderNo><", "CEB-031", "OrderHead/orderNo"),
        (&set.order, "<ceb:guid>0A1B2C3D-", "<ceb:guid>0A1B2C3D", "CEB-030", "OrderHead/guid"),
        (&set.order, "<ceb:appType>1<", "<ceb:appType>10<", "CEB-030", "OrderHead/appType"),
        (&set.order, "<ceb:unit>011<", "<ceb:unit>11<", "CEB-030", "OrderList[1]/unit"),
        (&set.list, "<ceb:gcode>3924100000<", "<ceb:gcode>392410<", "CEB-030", "InventoryList[1]/gcode"),
        (&set.list, "<ceb:declTime>20261122<", "<ceb:declTime>2026-11-22<", "CEB-030", "InventoryHead/declTime"),
        (&set.payment, "<ceb:payTime>20261122093000<", "<ceb:payTime>202611220930<", "CEB-030", "PaymentHead/payTime"),
        // Numbers.
        (&set.order, "<ceb:freight>12.5<", "<ceb:freight>12,5<", "CEB-033", "OrderHead/freight"),
        (&set.order, "<ceb:freight>12.5<", "<ceb:freight><", "CEB-033", "OrderHead/freight"),
        (&set.order, "<ceb:freight>12.5<", "<ceb:freight>1e3<", "CEB-033", "OrderHead/freight"),
        (&set.order, "<ceb:freight>12.5<", "<ceb:freight>１２<", "CEB-033", "OrderHead/freight"),
        (&set.order, "<ceb:freight>12.5<", "<ceb:freight>12345678901234567890<", "CEB-034", "OrderHead/freight"),
        (&set.order, "<ceb:freight>12.5<", "<ceb:freight>0.123456<", "CEB-035", "OrderHead/freight"),
        (&set.order, "<ceb:gnum>1<", "<ceb:gnum>1.0<", "CEB-036", "OrderList[1]/gnum"),
        (&set.order, "<ceb:gnum>1<", "<ceb:gnum>2147483648<", "CEB-036", "OrderList[1]/gnum"),
        (&set.waybill, "<ceb:packNo>1<", "<ceb:packNo>1234567890<", "CEB-034", "LogisticsHead/packNo"),
        (&set.order, "<ceb:currency>142<", "<ceb:currency>502<", "CEB-037", "OrderHead/currency"),
        (&set.list, "<ds:SignatureValue/>", "<ds:SignatureValue>A=</ds:SignatureValue>", "CEB-038", "Signature/SignatureValue"),
        (&set.list, "<ds:Signature ", "<ds:Signature Id=\"1 2\" ", "CEB-039", "Signature/@Id"),
        // The document itself.
        (&set.order, "CEB311Message xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\"", "CEB311Message xmlns:ceb=\"http://www.chinaport.gov.cn/dxp\"", "CEB-015", "/"),
        (&set.order, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<?xml version=\"1.0\" encoding=\"GBK\"?>", "CEB-002", "/"),
        (&set.order, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<?xml version=\"2.0\"?>", "CEB-003", "/"),
        (&set.order, "</ceb:Order>", "", "CEB-003", "/"),
        (&set.order, "</ceb:CEB311Message>", "</ceb:CEB311Message><more/>", "CEB-003", "/"),
        (&set.order, "SO-2026/7", "SO&7", "CEB-003", "/"),
        (&set.order, "SO-2026/7", "SO\u{1}7", "CEB-003", "/"),
        (&set.order, "SO-2026/7", "&so;", "CEB-005", "/"),
        (&set.order, "<ceb:CEB311Message", "<!DOCTYPE ceb:CEB311Message><ceb:CEB311Message", "CEB-004", "/"),
        (&set.order, "<ceb:CEB311Message", "<!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;&b;&b;\">]><ceb:CEB311Message", "CEB-004", "/"),
    ];
    assert!(cases.len() >= 40);
    for (document, from, to, code, place) in cases {
        assert!(document.contains(from), "{from}");
        let errors = read(document.replacen(from, to, 1).as_bytes()).expect_err(to);
        let found = errors.iter().any(|e| e.code == *code && (e.path.ends_with(place)));
        assert!(found, "{from} -> {to}: wanted {code} {place}, got {errors:?}");
        assert!(errors.iter().all(|e| !e.message.contains("示例") && !e.message.contains("SO-2026")), "no value in a message");
    }
}

#[test]
fn a_root_of_the_other_direction_is_refused() {
    let set = import();
    let as_export = refusal(&set.order.replace("CEB311Message", "CEB303Message"));
    assert_eq!((as_export.code, as_export.path.as_str()), ("CEB-012", "/CEB303Message/Order[1]/OrderHead/discount"));
    assert_eq!(refusal(&set.order.replace("CEB311Message", "CEB411Message")).path, "/CEB411Message/Order");
    assert_eq!(refusal(&set.order.replace("CEB311Message", "CEB999Message")).code, "CEB-010");
    assert_eq!(refusal("<OrderHead xmlns=\"http://www.chinaport.gov.cn/ceb\"/>").code, "CEB-010");
}

#[test]
fn every_truncation_is_refused_and_nothing_panics() {
    let list = import().list;
    let end = list.trim_end().len();
    for cut in (0..end).step_by(7).filter(|at| list.is_char_boundary(*at)) {
        assert!(read(&list.as_bytes()[..cut]).is_err());
    }
}

#[test]
fn limits_hold() {
    assert_eq!(read(&vec![b' '; MAX_BYTES + 1]).unwrap_err()[0].code, "CEB-001");
    assert_eq!(read(b"\xFF\xFE<\0a\0").unwrap_err()[0].code, "CEB-002");
    assert_eq!(read(b"").unwrap_err()[0].code, "CEB-003");
    let deep = format!("{}{}", "<a>".repeat(200_000), "</a>".repeat(200_000));
    assert_eq!(refusal(&deep).code, "CEB-006");
    assert_eq!(refusal(&format!("<a>{}</a>", "<b/>".repeat(1_000_001))).code, "CEB-001");
    let order = import().order;
    let one = &order[order.find("<ceb:Order>").unwrap()..order.find("<ceb:BaseTransfer>").unwrap()];
    let with = |count: usize| order.replace(one, &one.repeat(count));
    assert_eq!(read(with(100).as_bytes()).unwrap().items.len(), 100);
    let error = refusal(&with(101));
    assert_eq!((error.code, error.path.as_str()), ("CEB-014", "/CEB311Message/Order[101]"));
}

#[test]
fn line_numbers_point_at_the_element() {
    let order = import().order;
    let at = order.lines().position(|line| line.contains("<ceb:freight>")).unwrap() + 1;
    let error = refusal(&format!("\u{FEFF}{}", order.replace("<ceb:freight>12.5<", "<ceb:freight>x<")));
    assert_eq!(usize::try_from(error.line), Ok(at));
    assert_eq!(error.to_string(), format!("CEB-033 line {at} /CEB311Message/Order[1]/OrderHead/freight: freight is not a decimal number: write digits with at most one point."));
}

#[test]
fn business_doubts_are_warnings() {
    let set = import();
    let cases: &[(&str, &str, &str, &str)] = &[
        (&set.order, "<ceb:totalPrice>79.8<", "<ceb:totalPrice>80<", "CEB-W01"),
        (&set.order, "<ceb:acturalPaid>96.70999<", "<ceb:acturalPaid>96.71<", "CEB-W02"),
        (&set.order, "<ceb:goodsValue>80.79999<", "<ceb:goodsValue>81<", "CEB-W03"),
        (&set.order, "<ceb:goodsValue>80.79999<", "<ceb:goodsValue>4987.50001<", "CEB-W04"),
        (&set.order, "<ceb:ebpCode>91350100M000100Y43<", "<ceb:ebpCode>91350100M000100Y44<", "CEB-W07"),
        (&set.order, "<ceb:ebcCode>44306650K2<", "<ceb:ebcCode>4430-650K2<", "CEB-W07"),
        (&set.order, "<ceb:appTime>20261122093000<", "<ceb:appTime>20261322093000<", "CEB-W08"),
        (&set.order, "<ceb:orderType>I<", "<ceb:orderType>E<", "CEB-W09"),
        (&set.list, "<ceb:voyageNo>20261122</ceb:voyageNo>", "", "CEB-W10"),
        (&set.list, "<ceb:appStatus>1<", "<ceb:appStatus>2<", "CEB-W11"),
        (&set.list, "<ceb:packNo>1<", "<ceb:packNo>2<", "CEB-W12"),
        (&set.list, "<ceb:ieFlag>", "<ceb:invtNo>123</ceb:invtNo><ceb:ieFlag>", "CEB-W13"),
        (&set.list, "<ceb:gnum>2<", "<ceb:gnum>3<", "CEB-W14"),
        (&set.list, "<ceb:netWeight>1<", "<ceb:netWeight>1.3<", "CEB-W15"),
        (&set.list, "<ceb:gcode>3924100000<", "<ceb:gcode>7724100000<", "CEB-W16"),
        (&set.order, "<ceb:guid>0A1B", "<ceb:guid>0a1b", "CEB-W18"),
    ];
    for (document, from, to, code) in cases {
        assert!(document.contains(from), "{from}");
        let warnings = read(document.replacen(from, to, 1).as_bytes()).unwrap().warnings;
        assert!(warnings.iter().any(|w| w.code == *code), "{to}: {warnings:?}");
    }
    let order = &set.order;
    let one = &order[order.find("<ceb:Order>").unwrap()..order.find("<ceb:BaseTransfer>").unwrap()];
    let twice: Vec<&str> = read(order.replace(one, &one.repeat(2)).as_bytes()).unwrap().warnings.iter().map(|w| w.code).collect();
    assert_eq!(twice, ["CEB-W05", "CEB-W06"]);
}
