#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{Folder, bundle, genesis};
use chain_core::hash::Hash;
use chain_core::log::cosignature::cosign;
use ed25519_dalek::SigningKey;

const ORIGIN: &str = "sealane.test/cli";

fn checkpoint(size: u64, root: u8) -> SignedCheckpoint {
    let checkpoint = Checkpoint::new(ORIGIN, size, Hash([root; 32]), vec![]).unwrap();
    let key = |seed: u8| SigningKey::from_bytes(&[seed; 32]);
    let lines = vec![
        checkpoint.sign_as_log(&key(12)).unwrap(),
        cosign(&checkpoint, &format!("{ORIGIN}/BANK"), &key(13), 1_790_000_000).unwrap(),
    ];
    SignedCheckpoint::new(checkpoint, lines).unwrap()
}

fn memory(folder: &Folder) -> Memory {
    let trust = Trust::in_genesis(&Founding::read(&genesis()).unwrap());
    Memory { folder: folder.0.join("seen"), trust }
}

async fn judge(memory: &Memory, size: u64, root: u8) -> Result<Relation, Failure> {
    memory.judge(memory.read().unwrap(), checkpoint(size, root), None).await
}

fn sizes(memory: &Memory) -> Vec<u64> {
    memory.read().unwrap().into_keys().collect()
}

#[tokio::test]
async fn of_one_size_there_is_one_root() {
    let folder = Folder::new();
    let memory = memory(&folder);
    assert_eq!(judge(&memory, 5, 1).await.unwrap(), Relation::First);
    assert_eq!(judge(&memory, 5, 1).await.unwrap(), Relation::Same);
    let contradiction = judge(&memory, 5, 2).await.unwrap_err();
    assert_eq!((contradiction.code(), contradiction.exit()), ("CLI-3005", 3));
    let evidence = std::fs::read_dir(memory.folder.join("evidence")).unwrap();
    let mut roots: Vec<u8> = evidence
        .map(|file| SignedCheckpoint::parse(&std::fs::read(file.unwrap().path()).unwrap()).unwrap().checkpoint().root().0[0])
        .collect();
    roots.sort_unstable();
    assert_eq!(roots, [1, 2]);
    assert_eq!(judge(&memory, 5, 1).await.unwrap(), Relation::Same, "the first stays");
}

#[tokio::test]
async fn what_no_node_linked_is_all_kept_up_to_a_bound() {
    let folder = Folder::new();
    let memory = memory(&folder);
    for size in [9, 3, 7] {
        let expected = if size == 9 { Relation::First } else { Relation::Unproven("seen.offline") };
        assert_eq!(judge(&memory, size, 1).await.unwrap(), expected);
    }
    assert_eq!(sizes(&memory), [3, 7, 9]);
    assert!(judge(&memory, 7, 2).await.is_err(), "an older size is compared too");
    for size in 10..200 {
        judge(&memory, size, 1).await.unwrap();
    }
    let kept = sizes(&memory);
    assert_eq!((kept.len(), kept[0], kept[KEPT - 1]), (KEPT, 3, 199));
}

#[test]
fn a_checkpoint_is_found_in_every_kind_of_file() {
    let signed = checkpoint(5, 1);
    let json = json!({ "checkpoint": signed.encode() }).to_string();
    assert_eq!(checkpoint_of(json.as_bytes()), Some(signed.clone()));
    let empty = "<html><!--sealane-bundle:--></html>";
    let bundle = bundle(empty, &signed.encode());
    assert_eq!(checkpoint_of(&bundle.to_bytes()), Some(signed.clone()));
    assert_eq!(checkpoint_of(&page::wrap(empty, &bundle).unwrap()), Some(signed.clone()));
    assert_eq!(checkpoint_of(empty.as_bytes()), None);
    let proof = TlogProof::new(None, 0, vec![], signed.clone()).unwrap().encode();
    assert_eq!(checkpoint_of(proof.as_bytes()), Some(signed));
    assert_eq!(checkpoint_of(b"{}"), None);
    assert_eq!(checkpoint_of(b"nothing"), None);
}
