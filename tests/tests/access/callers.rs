//! Tokens, good and bad.

use super::attack::Net;
use chain_core::keys::{MemorySigner, Purpose, Signer as _, b64};
use chain_core::types::LedgerId;
use serde_json::{Value, json};
use testnet::client::now_s;
use testnet::world::MemberSigner;

/// What a token says.
#[derive(Clone)]
pub struct Token {
    pub head: Value,
    pub claims: Value,
}

impl Token {
    /// A good one for the member that runs a node.
    pub fn new(member: &MemberSigner, key: &MemorySigner, ledger: &LedgerId, node: &str) -> Token {
        let now = now_s();
        Token {
            head: json!({ "typ": "sealane-auth+jwt", "alg": "Ed25519", "kid": key.public_key().kid() }),
            claims: json!({
                "iss": member.id, "aud": [ledger.to_string(), node], "iat": now, "exp": now + 300, "jti": format!("{now}"),
            }),
        }
    }

    pub fn claim(&self, name: &str, value: Value) -> Token {
        let mut other = self.clone();
        other.claims[name] = value;
        other
    }

    pub fn field(&self, name: &str, value: Value) -> Token {
        let mut other = self.clone();
        other.head[name] = value;
        other
    }

    pub fn input(&self) -> String {
        format!("{}.{}", b64(self.head.to_string().as_bytes()), b64(self.claims.to_string().as_bytes()))
    }

    pub fn signed(&self, key: &MemorySigner) -> String {
        let input = self.input();
        let signature = key.sign(Purpose::ApiToken(input.as_bytes())).unwrap();
        format!("{input}.{}", b64(&signature))
    }
}

/// Tokens that open nothing, each with the code of its refusal.
pub fn bad_tokens(net: &Net, node: usize) -> Vec<(&'static str, String, &'static str)> {
    let cast = net.cast();
    let member = &cast.customs;
    let host = net.net.network.nodes[node].member.clone();
    let elsewhere = net.net.network.nodes[(node + 1) % 4].member.clone();
    let (ledger, key, now) = (net.ledger(), &member.api, now_s());
    let good = Token::new(member, key, &ledger, &host);
    let other = LedgerId(chain_core::hash::Hash::of(b"another ledger"));
    let text = good.signed(key);
    let (input, signature) = text.rsplit_once('.').unwrap();
    let lifetime = |iat: u64, exp: u64| good.claim("iat", json!(iat)).claim("exp", json!(exp)).signed(key);
    vec![
        ("expired", lifetime(now - 301, now - 1), "AUTH-0405"),
        ("not yet valid", lifetime(now + 600, now + 700), "AUTH-0405"),
        ("living too long", lifetime(now, now + 301), "AUTH-0405"),
        ("living for ever", lifetime(now, (1 << 53) - 1), "AUTH-0405"),
        ("for another node", good.claim("aud", json!([ledger.to_string(), elsewhere])).signed(key), "AUTH-0404"),
        ("for another ledger", good.claim("aud", json!([other.to_string(), host])).signed(key), "AUTH-0404"),
        ("for the ledger only", good.claim("aud", json!([ledger.to_string()])).signed(key), "AUTH-0404"),
        ("for nobody", good.claim("aud", json!([])).signed(key), "AUTH-0404"),
        ("aud as a text", good.claim("aud", json!(host)).signed(key), "AUTH-0402"),
        ("of a stranger", good.claim("iss", json!("NOBODY")).signed(key), "AUTH-0406"),
        ("of another member", good.claim("iss", json!(cast.tax.id)).signed(key), "AUTH-0406"),
        ("signed by another", good.signed(&cast.tax.api), "AUTH-0406"),
        ("with the record key", Token::new(member, &member.record, &ledger, &host).signed(&member.record), "AUTH-0403"),
        ("without signature", format!("{input}."), "AUTH-0406"),
        ("with half a signature", format!("{input}.{}", &signature[..40]), "AUTH-0406"),
        ("alg none", good.field("alg", json!("none")).input() + ".", "AUTH-0402"),
        ("alg HS256", good.field("alg", json!("HS256")).signed(key), "AUTH-0402"),
        ("typ JWT", good.field("typ", json!("JWT")).signed(key), "AUTH-0402"),
        ("typ of a transaction", good.field("typ", json!("sealane+sd-jwt")).signed(key), "AUTH-0402"),
        ("with a header jwk", good.field("jwk", json!({})).signed(key), "AUTH-0402"),
        ("with another claim", good.claim("role", json!("customs")).signed(key), "AUTH-0402"),
        ("exp as a text", good.claim("exp", json!("9999999999")).signed(key), "AUTH-0402"),
        ("exp as a fraction", good.claim("exp", json!(1.5)).signed(key), "AUTH-0402"),
        ("two parts", input.to_owned(), "AUTH-0402"),
        ("four parts", format!("{text}.x"), "AUTH-0402|AUTH-0406"),
        ("padded", format!("{text}="), "AUTH-0406"),
        ("rubbish", "x".into(), "AUTH-0402"),
        ("of 5000 bytes", "a.".repeat(2500), "AUTH-0402"),
    ]
}
