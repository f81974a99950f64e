//! Pages: each item once, in order, stable while more is added.

use super::attack::{Desk, Net};
use std::collections::BTreeSet;

/// Follows a list to its end, while orders are added between the pages when `grow` is set. Gives a field of the items.
async fn pages(net: &Net, desk: &mut Desk, path: &str, field: &str, grow: bool) -> Vec<String> {
    let token = net.client(1, &net.cast().customs).token().unwrap();
    let mut next = path.to_owned();
    let mut found = Vec::new();
    let size: usize = path.split("perPage=").nth(1).and_then(|n| n.split('&').next()).unwrap().parse().unwrap();
    for turn in 0.. {
        let reply = net.get(1, &next, Some(&token)).await;
        assert_eq!(reply.status, 200, "{next}: {}", reply.text);
        let body = reply.json();
        let items = body["items"].as_array().unwrap();
        assert!(items.len() <= size, "{next}");
        found.extend(items.iter().map(|item| item[field].to_string()));
        let link = reply.header("link").to_owned();
        assert_eq!(body["nextPageToken"].is_string(), !link.is_empty(), "{next}: {link}");
        let Some((target, rel)) = link.split_once('>') else { break };
        assert_eq!(rel, "; rel=\"next\"");
        next = target.trim_start_matches('<').to_owned();
        assert!(next.contains(body["nextPageToken"].as_str().unwrap()));
        assert!(turn < 500, "{path} has no end");
        if grow && turn < 8 {
            net.accept(turn % 4, "one more", &desk.order(&net.cast().enterprises[turn % 2])).await;
        }
    }
    found
}

/// Records by every filter, blocks and members are listed once each, also while others are added, and whatever
/// the size of a page.
#[tokio::test(flavor = "multi_thread")]
async fn pages_lose_and_repeat_nothing() {
    let net = Net::start(53).await;
    let mut desk = net.desk("pages");
    let cast = net.cast();
    let mut sent = Vec::new();
    for n in 0..12 {
        let member = &cast.enterprises[n % 3];
        let drafts: Vec<_> = (0..=n % 4)
            .map(|k| {
                let mut draft = super::attack::order(&format!("p-{n}-{k}"));
                if n % 2 == 0 {
                    draft.objects.push("order:common".into());
                }
                draft.into()
            })
            .collect();
        let built = desk.sign(member, &drafts);
        net.accept(n % 4, "orders", &built).await;
        for k in 0..=n % 4 {
            sent.push((format!("\"{}:{k}\"", built.id), member.id.clone(), n % 2 == 0));
        }
    }
    net.settled().await;
    let (all, one): (Vec<_>, _) = (sent.iter().map(|s| s.0.clone()).collect(), cast.enterprises[0].id.clone());
    let of_one: Vec<_> = sent.iter().filter(|s| s.1 == one).map(|s| s.0.clone()).collect();
    let common: Vec<_> = sent.iter().filter(|s| s.2).map(|s| s.0.clone()).collect();
    let none: Vec<String> = Vec::new();
    let mut lists = 0;
    for size in [1, 2, 3, 7, 50, 500] {
        for (filter, expected) in [
            (String::new(), &all),
            (format!("&member={one}"), &of_one),
            ("&object=order:common".into(), &common),
            ("&kind=trade.order/1".into(), &all),
            (format!("&member={one}&kind=trade.order/1"), &of_one),
            ("&from=1".into(), &all),
            ("&from=99999999999999".into(), &none),
            ("&to=1".into(), &none),
            ("&object=order:none".into(), &none),
        ] {
            let path = format!("/v1/records?perPage={size}{filter}");
            assert_eq!(pages(&net, &mut desk, &path, "id", false).await, *expected, "{path}");
            lists += 1;
        }
    }
    // While orders are added: what was there first comes first, once each, then only what is new.
    for filter in ["", "&kind=trade.order/1", "&object=order:common"] {
        let path = format!("/v1/records?perPage=3{filter}");
        let before = pages(&net, &mut desk, &path, "id", false).await;
        let found = pages(&net, &mut desk, &path, "id", true).await;
        assert_eq!(found[..before.len()], before, "{path}");
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len(), "{path} repeats");
        net.settled().await;
        lists += 2;
    }
    let top = net.settled().await.height;
    let heights = pages(&net, &mut desk, "/v1/blocks?perPage=4", "height", true).await;
    let expected: Vec<String> = (1..=top).rev().map(|h| h.to_string()).collect();
    assert_eq!(heights, expected, "blocks newest first, those added later on no page");
    let members = pages(&net, &mut desk, "/v1/members?perPage=5", "id", false).await;
    let expected: BTreeSet<String> = cast.members().map(|m| format!("\"{}\"", m.id)).collect();
    assert_eq!(members.iter().cloned().collect::<BTreeSet<_>>(), expected);
    assert_eq!(members.len(), expected.len());
    println!("{} lists of {} records, {top} blocks, {} members: lost 0, repeated 0", lists, all.len(), members.len());
}
