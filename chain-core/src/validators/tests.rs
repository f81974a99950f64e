#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::fixtures::{set_of, validator};

#[test]
fn a_quorum_is_more_than_two_thirds() {
    // Size, quorum, tolerated.
    let table = [(1, 1, 0), (2, 2, 0), (3, 3, 0), (4, 3, 1), (5, 4, 1), (6, 5, 1), (7, 5, 2), (9, 7, 2), (10, 7, 3)];
    for (size, quorum, tolerated) in table {
        let set = set_of(&(1..=size).collect::<Vec<_>>());
        assert_eq!((set.quorum(), set.tolerated()), (quorum, tolerated), "{size} validators");
    }
}

#[test]
fn a_set_is_what_it_says() {
    assert!(ValidatorSet::new(vec![]).is_none());
    assert!(ValidatorSet::new(vec![validator(1), validator(1)]).is_none());
    let shared = Validator { peer: validator(1).vote, ..validator(2) };
    assert!(ValidatorSet::new(vec![validator(1), shared]).is_none(), "a key of another");
    let twice = Validator { cosigner: validator(1).vote, ..validator(1) };
    assert!(ValidatorSet::new(vec![twice]).is_none(), "one key for two uses");
    for (name, fits) in [("none", false), ("consortium", false), ("witness-12", false), ("witness-", true), ("witness-1a", true)] {
        let named = Validator { member: crate::fixtures::id(name), ..validator(1) };
        assert_eq!(ValidatorSet::new(vec![named]).is_some(), fits, "{name}");
    }
    let set = ValidatorSet::new(vec![validator(3), validator(1), validator(2)]).unwrap();
    assert_eq!(set, set_of(&[1, 2, 3]));
    assert_eq!(ValidatorSet::from_bytes(&set.to_bytes()), Some(set.clone()));
    let unordered = serde_json::to_vec(&[validator(2), validator(1)]).unwrap();
    assert!(ValidatorSet::from_bytes(&unordered).is_none());
    assert!(ValidatorSet::from_bytes(&[&set.to_bytes()[..], b" "].concat()).is_none());
}

fn turns(set: &ValidatorSet, skipped: &[PublicKey], height: u64, rounds: u32) -> Vec<PublicKey> {
    (0..rounds).map(|round| proposer(set, skipped, Height(height), round).unwrap().vote).collect()
}

#[test]
fn everybody_has_a_turn_in_order_of_vote_key() {
    let set = set_of(&[1, 2, 3, 4]);
    let mut keys: Vec<PublicKey> = set.iter().map(|v| v.vote).collect();
    keys.sort();
    assert_eq!(turns(&set, &[], 8, 5), [keys[0], keys[1], keys[2], keys[3], keys[0]]);
    assert_eq!(turns(&set, &[], 9, 1), [keys[1]]);
    assert_eq!(turns(&set, &[keys[1]], 9, 4), [keys[0], keys[2], keys[3], keys[0]]);
    assert!(proposer(&set, &keys, Height(1), 0).is_none(), "nobody is left");
}

#[test]
fn who_failed_a_round_is_skipped_for_a_span() {
    let set = set_of(&[1, 2, 3, 4]);
    let failed = turns(&set, &[], 8, 1)[0];
    let none = Skips::default();
    assert_eq!(none.after((&set, &none), Height(8), 0, 20), none, "round 0 blames nobody");
    let skips = none.after((&set, &none), Height(8), 1, 20);
    for (height, want) in [(9, vec![failed]), (28, vec![failed]), (29, vec![])] {
        assert_eq!(skips.at(&set, Height(height)), want, "height {height}");
    }
    assert!(skips.at(&set_of(&[1, 2, 3]), Height(9)).is_empty(), "three validators can spare nobody");
    // Entries that have ended go.
    assert_eq!(skips.after((&set, &skips), Height(29), 0, 20), none);
}

#[test]
fn never_more_than_may_fail_are_skipped() {
    let set = set_of(&[1, 2, 3, 4, 5, 6, 7]);
    let failed = turns(&set, &[], 7, 4);
    let skips = Skips::default().after((&set, &Skips::default()), Height(7), 4, 20);
    let mut lowest = failed.clone();
    lowest.sort();
    assert_eq!(skips.at(&set, Height(8)), lowest[..2], "of equal age, those of the lowest keys");
    // A later failure counts before an older one, and who is skipped has no turn and so no new blame.
    let skipped = skips.at(&set, Height(8));
    let newest = turns(&set, &skipped, 8, 1)[0];
    assert!(!skipped.contains(&newest));
    assert_eq!(skips.after((&set, &skips), Height(8), 1, 20).at(&set, Height(9))[0], newest);
    // A round number from the wire costs no more work than there are validators.
    assert_eq!(Skips::default().after((&set, &Skips::default()), Height(7), u32::MAX, 20).at(&set, Height(8)).len(), 2);
}

/// Who failed is found with the skips by which the height was decided, not with those known since.
#[test]
fn blame_goes_to_those_whose_turn_it_was() {
    let set = set_of(&[1, 2, 3, 4]);
    let none = Skips::default();
    let known_since = none.after((&set, &none), Height(8), 1, 20);
    let failed = turns(&set, &[], 13, 1)[0];
    let with_skips = turns(&set, &known_since.at(&set, Height(13)), 13, 1)[0];
    assert_ne!(failed, with_skips);
    let next = known_since.after((&set, &none), Height(13), 1, 20);
    assert_eq!(next.at(&set, Height(14)), [failed]);
}
