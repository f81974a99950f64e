#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{TestNode, ledger};
use chain_core::keys::{MemorySigner, unb64};

fn identity() -> Identity {
    Identity { member: MemberId::parse("ACME").unwrap(), signer: Arc::new(MemorySigner::from_seed(&[2; 32])) }
}

fn part(text: &str) -> Value {
    serde_json::from_slice(&unb64(text).unwrap()).unwrap()
}

#[test]
fn a_token_says_what_a_node_asks_for() {
    let node = MemberId::parse("BANK").unwrap();
    let token = mint(&identity(), &ledger(), &node, 1000).unwrap();
    let (input, signature) = token.rsplit_once('.').unwrap();
    let (header, claims) = input.split_once('.').unwrap();
    let key = identity().signer.public_key();
    assert_eq!(part(header), json!({ "alg": "Ed25519", "kid": key.kid(), "typ": "sealane-auth+jwt" }));
    let claims = part(claims);
    assert_eq!(claims["iss"], "ACME");
    assert_eq!(claims["aud"], json!([ledger().to_string(), "BANK"]));
    assert_eq!((claims["iat"].as_u64(), claims["exp"].as_u64()), (Some(1000), Some(1300)));
    assert!(key.verify(input.as_bytes(), &unb64(signature).unwrap().try_into().unwrap()));
    let again = mint(&identity(), &ledger(), &node, 1000).unwrap();
    assert_ne!(token, again, "each token has a jti of its own");
}

#[tokio::test]
async fn tokens_are_shown_to_nodes_of_the_ledger_only() {
    let node = TestNode::start();
    node.books.lock().unwrap().answers.insert("/v1/members/ACME".into(), (200, json!({ "id": "ACME" })));
    let client = Client::public(&node.url, Lang::Chinese).unwrap().identified(identity(), ledger()).await.unwrap();
    assert_eq!(client.get("/v1/members/ACME", &[]).await.unwrap()["id"], "ACME");
    let head = node.books.lock().unwrap().requests.last().unwrap().1.to_ascii_lowercase();
    assert!(head.contains("authorization: bearer ") && head.contains("accept-language: zh-cn"));

    node.books.lock().unwrap().ledger = Some("00".repeat(32));
    let refused = Client::public(&node.url, Lang::English).unwrap().identified(identity(), ledger()).await;
    let failure = refused.err().unwrap();
    assert_eq!((failure.code(), failure.exit()), ("CLI-3001", 3));
}

#[tokio::test]
async fn problems_keep_their_code() {
    let node = TestNode::start();
    let client = Client::public(&node.url, Lang::English).unwrap();
    let failure = client.get("/v1/none", &[]).await.unwrap_err();
    assert_eq!((failure.code(), failure.sentence(Lang::English).as_str()), ("API-0404", "Not found"));
    assert_eq!(client.clock().await.unwrap(), Some(784_111_777));
    assert_eq!(Client::public("no url", Lang::English).err().unwrap().code(), "CLI-2004");
}
