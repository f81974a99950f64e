#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! What a client makes of the answers that a witness may give.

use super::*;
use axum::http::StatusCode as Status;
use axum::routing::post;
use chain_core::hash::Hash;
use chain_core::log::cosignature::cosign;
use chain_core::log::{Checkpoint, SignedCheckpoint};
use ed25519_dalek::SigningKey;
use std::time::Instant;

fn keys(seed: u8) -> (SigningKey, VerifierKey) {
    let key = SigningKey::from_bytes(&[seed; 32]);
    let verifier = VerifierKey::for_cosignatures("w.example/1", &key.verifying_key()).unwrap();
    (key, verifier)
}

fn request() -> AddCheckpoint {
    let checkpoint = Checkpoint::new("log.example/a", 5, Hash([7; 32]), vec![]).unwrap();
    let line = checkpoint.sign_as_log(&SigningKey::from_bytes(&[1; 32])).unwrap();
    AddCheckpoint { old: 0, proof: vec![], checkpoint: SignedCheckpoint::new(checkpoint, vec![line]).unwrap() }
}

async fn answered(status: u16, kind: &'static str, body: String) -> Result<SignatureLine, AskError> {
    let answer = move || async move { (Status::from_u16(status).unwrap(), [("content-type", kind)], body) };
    let router = axum::Router::new().route("/w/add-checkpoint", post(answer));
    let server = crate::api::serve("127.0.0.1:0".parse().unwrap(), router).await.unwrap();
    let client = Client::new(keys(2).1, &format!("http://{}/w/", server.address)).unwrap();
    client.add_checkpoint(&request()).await
}

#[tokio::test]
async fn answers_are_taken_for_what_they_prove() {
    let asked = request();
    let line =
        |seed: u8, checkpoint: &Checkpoint| cosign(checkpoint, "w.example/1", &keys(seed).0, 9).unwrap().encode();
    let own = line(2, asked.checkpoint.checkpoint());
    let other = Checkpoint::new("log.example/a", 6, Hash([7; 32]), vec![]).unwrap();
    let text = "text/plain";
    for (what, body) in [
        ("its line", format!("{own}\n")),
        ("its line among others", format!("{}\nnonsense\n{own}\n", line(3, asked.checkpoint.checkpoint()))),
    ] {
        assert_eq!(answered(200, text, body).await.unwrap().encode(), own, "{what}");
    }
    for (what, body) in [
        ("nothing", String::new()),
        ("another key's line", line(3, asked.checkpoint.checkpoint())),
        ("a line for another checkpoint", line(2, &other)),
        ("too long", "x".repeat(MAX_ANSWER + 1)),
    ] {
        assert!(matches!(answered(200, text, body).await, Err(AskError::Answer)), "{what}");
    }
    assert!(matches!(answered(409, SIZE_CONTENT_TYPE, "7\n".into()).await, Err(AskError::Conflict(7))));
    assert!(matches!(answered(409, SIZE_CONTENT_TYPE, "7".into()).await, Err(AskError::Answer)));
    assert!(matches!(answered(409, text, "7\n".into()).await, Err(AskError::Refused { status: 409, .. })));
    for status in [301, 400, 403, 404, 422, 500, 503] {
        assert!(
            matches!(answered(status, text, own.clone()).await, Err(AskError::Refused { status: s, .. }) if s == status)
        );
    }
}

#[tokio::test]
async fn a_witness_that_does_not_answer_costs_no_more_than_the_timeout() {
    // Accepts connections and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::new(keys(2).1, &format!("http://{}", silent.local_addr().unwrap())).unwrap();
    let began = Instant::now();
    assert!(matches!(client.add_checkpoint(&request()).await, Err(AskError::Unreachable(_))));
    assert!(began.elapsed() < TIMEOUT + Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(Client::new(keys(2).1, "not a url").is_err());
}
