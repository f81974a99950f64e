//! How long the forty events take, beside what their signatures alone take on the same machine in the same run.

use super::world::{EVENTS, PAGE, Story};
use crate::bundle::{page, verify};
use crate::fixtures::{public, signer};
use crate::keys::{Purpose, Signer as _};
use std::time::{Duration, Instant};

#[test]
fn forty_events_verify_in_the_time_of_their_signatures() {
    let mut story = Story::new();
    story.change();
    let bundle = story.object();
    let (json, page) = (bundle.to_bytes(), page::wrap(PAGE, &bundle).unwrap());
    let (rounds, key) = (if cfg!(debug_assertions) { 1 } else { 20 }, public(1));
    let message = [7; 700];
    let signature = signer(1).sign(Purpose::Transaction(&message)).unwrap();
    let timed = |what: &dyn Fn()| {
        let start = Instant::now();
        (0..rounds).for_each(|_| what());
        start.elapsed() / rounds
    };
    // The events, the refused one, the late one; three cosignatures and a log signature, twice for the handover.
    let count = EVENTS as u32 + 2 + 8;
    let raw = timed(&|| (0..count).for_each(|_| assert!(key.verify(&message, &signature))));
    let whole = timed(&|| drop(verify(&json, &story.ledger.id(), None).unwrap()));
    let paged = timed(&|| drop(verify(&page, &story.ledger.id(), None).unwrap()));
    println!("{EVENTS} events: {} bytes as JSON, {} as a page", json.len(), page.len());
    println!("verified in {whole:?} ({paged:?} as a page); {count} Ed25519 verifications alone take {raw:?}");
    if !cfg!(debug_assertions) {
        assert!(whole < Duration::from_millis(50), "{whole:?}");
    }
}
