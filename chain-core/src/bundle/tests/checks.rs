//! What a good bundle says, and the few ways in which a file may be good.

use super::world::{EVENTS, OBJECT, PAGE, Show, Story};
use crate::bundle::{Bundle, Check, Stamped, Subject, TimeToken, VerifiedBundle, page, verify};
use crate::fixtures::{START, public};
use crate::hash::Hash;
use crate::types::{Height, TimeMs};

fn good(bundle: &Bundle, story: &Story) -> VerifiedBundle {
    verify(&bundle.to_bytes(), &story.ledger.id(), None).unwrap_or_else(|fault| panic!("{:?}: {fault}", fault.check))
}

#[test]
fn a_receivable_says_who_signed_what_and_what_stands() {
    let story = Story::new();
    let got = good(&story.receivable(), &story);
    assert_eq!((got.height, got.time, got.handovers, got.page), (Height(5), TimeMs((START + 5) * 1000), 0, false));
    assert_eq!((got.cosigned.len(), got.cosigned_at, got.log_size), (3, START + 101, 48));
    assert_eq!((got.cosigned[0].name.as_str(), got.cosigned[2].time), ("node-1", START + 103));
    let value = got.state.iter().find(|s| s.key == format!("rcv/{}", story.id())).unwrap();
    assert_eq!(value.value.as_deref(), Some(r#"{"by":"bank","status":"pledged"}"#));
    assert_eq!(got.state.iter().find(|s| s.key == "rcv/none").unwrap().value, None);
    let signed = got.entries[0].signed.as_ref().unwrap();
    assert_eq!((signed.issuer.as_str(), &signed.kid, signed.of), ("trader", &public(1).kid(), 2));
    assert_eq!(signed.records[0].opened[0], ("debtor".into(), "Example GmbH, 汉堡".into()));
    assert!(signed.records[1].opened.is_empty());
    assert_eq!(got.listings[0].records.len(), 1);
}

#[test]
fn forty_events_are_all_that_the_ledger_has() {
    let story = Story::new();
    let got = good(&story.object(), &story);
    assert_eq!((got.listings[0].records.len(), got.entries.len()), (EVENTS, EVENTS + 1));
    let refused = got.entries.iter().find(|entry| !entry.accepted).unwrap();
    assert_eq!((refused.code, refused.refused_record), (4242, 0));
}

#[test]
fn a_page_carries_the_same_bundle() {
    let story = Story::new();
    let bundle = story.receivable();
    let file = page::wrap(PAGE, &bundle).unwrap();
    let got = verify(&file, &story.ledger.id(), None).unwrap();
    assert_eq!(VerifiedBundle { page: false, ..got }, good(&bundle, &story));
    assert_eq!(page::hash(&file), page::hash(PAGE.as_bytes()));
    assert_eq!(page::replace(&file, &bundle).as_ref(), Some(&file));
    assert!(page::looks_like_one(&file) && page::looks_like_one(&bundle.to_bytes()));
    assert!(!page::looks_like_one(b"{}") && !page::looks_like_one(b"c2sp.org/tlog-proof@v1\n"));
    // Neither another page nor one that carries a bundle already takes it.
    assert_eq!(page::wrap(&PAGE.replace("evidence", "proof"), &bundle), None);
    assert_eq!(page::wrap(std::str::from_utf8(&file).unwrap(), &bundle), None);
    assert_eq!(page::wrap("<p>", &bundle), None);
}

#[test]
fn withheld_entries_stand_in_the_listing_and_say_nothing() {
    let story = Story::new();
    let mut shown: Vec<_> = story.events.iter().map(|built| (built, Show::Records)).collect();
    shown[7].1 = Show::Withheld;
    let bundle = story.bundle(Subject::Object(OBJECT.into()), &["member/carrier", "member/trader"], &shown, &[OBJECT]);
    let got = good(&bundle, &story);
    assert_eq!(got.entries.iter().filter(|entry| entry.signed.is_none()).count(), 1);
    assert_eq!(got.listings[0].records.len(), EVENTS);
}

#[test]
fn an_object_that_nobody_recorded_is_listed_as_empty() {
    let story = Story::new();
    let got = good(&story.bundle(Subject::Object("order:none".into()), &[], &[], &["order:none"]), &story);
    assert_eq!((got.listings[0].records.len(), got.state[0].value.as_ref()), (0, None));
}

#[test]
fn old_bundles_hold_after_keys_and_validators_changed_and_new_ones_lead_through_the_change() {
    let mut story = Story::new();
    let (old, ledger) = (story.object(), story.ledger.id());
    story.change();
    assert_eq!(good(&old, &story).handovers, 0);
    let new = story.object();
    let got = good(&new, &story);
    assert_eq!((got.handovers, got.listings[0].records.len()), (1, EVENTS + 1));
    let by = |place: usize| got.entries[place].signed.clone().unwrap();
    // The carrier's old key signed while it was valid; its new one since.
    assert_eq!((by(EVENTS).kid, by(EVENTS).until), (public(3).kid(), Some(Height(7))));
    assert_eq!((by(EVENTS + 1).kid, by(EVENTS + 1).from), (public(4).kid(), Height(7)));
    let before = Bundle { state: new.state.clone(), ..old };
    assert_eq!(verify(&before.to_bytes(), &ledger, None).unwrap_err().check, Check::State);
}

struct Clock(Hash);

impl TimeToken for Clock {
    fn check(&self, der: &[u8], imprint: &Hash) -> Result<Stamped, String> {
        if der != b"token" || *imprint != self.0 {
            return Err("another imprint".into());
        }
        Ok(Stamped { time: 7, authority: "TSA".into(), anchored: false })
    }
}

#[test]
fn a_time_token_covers_the_bundle_without_it_and_needs_somebody_who_can_read_it() {
    let story = Story::new();
    let bare = story.receivable();
    let stamped = Bundle { time: Some("dG9rZW4=".into()), ..bare.clone() };
    assert_eq!(stamped.imprint(), bare.imprint());
    let text = String::from_utf8(bare.to_bytes()).unwrap();
    let cut = text.rfind(",\"digest\"").unwrap();
    assert_eq!(bare.imprint(), Hash::of(format!("{}}}", &text[..cut]).as_bytes()));
    let (file, ledger) = (stamped.to_bytes(), story.ledger.id());
    assert_eq!(verify(&file, &ledger, Some(&Clock(bare.imprint()))).unwrap().stamped.unwrap().time, 7);
    for tokens in [None, Some(&Clock(Hash::ZERO) as &dyn TimeToken)] {
        let fault = verify(&file, &ledger, tokens).unwrap_err();
        assert_eq!((fault.check, fault.code()), (Check::Time, 9016));
    }
}
