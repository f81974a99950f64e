//! What `verify` remembers, against servers and files that lie.
use crate::forged::{Log, Signers, present};
use crate::liar::Liar;
use crate::user::User;
use crate::{Told, tell};
use chain_core::block::Leaf;
use chain_core::hash::Hash;
use chain_core::log::{SignedCheckpoint, TlogProof};
use chain_core::types::{RecordId, TxId};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn verify(user: &User, file: &Path, more: &[&str]) -> (Option<i32>, Value) {
    user.run(&[&["verify", file.to_str().unwrap()], more].concat())
}

fn comparison(user: &User, file: &Path, more: &[&str]) -> String {
    let (code, said) = verify(user, file, more);
    assert_eq!(code, Some(0), "{said}");
    format!("{} {}", said["memory"]["comparison"].as_str().unwrap(), said["memory"]["why"].as_str().unwrap_or_default())
}

/// The same receipt under another checkpoint of another log that holds the same leaf.
fn moved(receipt: &str, log: &Log, checkpoint: SignedCheckpoint) -> String {
    let proof = TlogProof::parse(receipt.as_bytes()).unwrap();
    let path = log.path(proof.index(), checkpoint.checkpoint().size());
    TlogProof::new(proof.extra().map(<[u8]>::to_vec), proof.index(), path, checkpoint).unwrap().encode()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verifier_remembers_what_it_saw() {
    let Told { stage, mirror, .. } = tell(0x5EE2).await;
    let log = Log::read(&mirror);
    let size = log.size();
    let customs = stage.net.cast.customs.clone();
    let write = |name: &str, text: &str| -> PathBuf {
        let path = stage.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    // Two receipts of one record: under a checkpoint before the end, and under the newest. Both need the handover.
    let after = log.handovers.last().unwrap().index as usize;
    let first = (after + 1..size as usize).find(|place| matches!(log.leaf(*place), Leaf::Tx { .. })).unwrap();
    let Leaf::Tx { id, .. } = log.leaf(first) else { panic!("no transaction after the handover") };
    let record = RecordId { tx: TxId(id), index: 0 };
    let (true_receipt, _) = stage.receipt(0, &record).await;
    let end = (first..size as usize).find(|place| matches!(log.leaf(*place), Leaf::Block { .. })).unwrap() as u64 + 1;
    assert!(end < size, "records behind the first after the handover");
    let earlier = write("earlier", &moved(&true_receipt, &log, log.checkpoint(&stage.net, end, present())));
    let newest = write("newest", &moved(&true_receipt, &log, log.checkpoint(&stage.net, size, present())));
    let node = stage.net.network.nodes[0].url();

    let user = User::new(&stage, &customs, &node);
    assert_eq!(comparison(&user, &earlier, &[]), "first ");
    assert_eq!(comparison(&user, &earlier, &[]), "same ");
    assert_eq!(comparison(&user, &newest, &["--offline"]), "unproven offline");
    assert_eq!(comparison(&user, &newest, &[]), "consistent ");
    let (_, said) = verify(&user, &earlier, &[]);
    assert_eq!((&said["memory"]["older"], &said["memory"]["comparison"]), (&true.into(), &"consistent".into()), "{said}");
    let unreachable = User::new(&stage, &customs, "http://127.0.0.1:9");
    assert_eq!(comparison(&unreachable, &earlier, &["--offline"]), "first ");

    // A fork that all validators signed, in which the same record stands and another one was refused.
    let victim = log.find(after, |leaf| matches!(leaf, Leaf::Tx { outcome, .. } if outcome[0] == 0));
    let forked = log.clone().with(victim, |leaf| {
        if let Leaf::Tx { outcome, .. } = leaf {
            *outcome = [1, 0, 0, 0x17, 0x70];
        }
    });
    let lie = |size| moved(&true_receipt, &forked, forked.checkpoint(&stage.net, size, present()));
    let same_size = write("same-size", &lie(end));
    let larger = write("larger", &lie(size));
    let contradicted = |user: &User, file: &Path, more: &[&str]| {
        let (code, said) = verify(user, file, more);
        assert_eq!((code, &said["error"]["code"]), (Some(3), &"CLI-3005".into()), "{said}");
        let folder = user.home.join("seen").join(stage.net.founding.id.to_string()).join("evidence");
        let kept: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        let roots: Vec<Hash> = kept
            .iter()
            .map(|path| SignedCheckpoint::parse(&std::fs::read(path).unwrap()).unwrap().checkpoint().root())
            .collect();
        assert!(roots.len() == 2 && roots[0] != roots[1], "{kept:?}");
    };
    // The lie alone is a good file: a quorum signed it.
    let innocent = User::new(&stage, &customs, "http://127.0.0.1:9");
    assert_eq!(comparison(&innocent, &same_size, &["--offline"]), "first ");
    // Who has seen the truth needs no network for a root of the same size …
    let knowing = || {
        let user = User::new(&stage, &customs, &node);
        comparison(&user, &earlier, &["--offline"]);
        user
    };
    contradicted(&knowing(), &same_size, &["--offline"]);
    // … and the hashes of an honest node for another size, or of the liar's own.
    contradicted(&knowing(), &larger, &[]);
    let liar = Liar::start(&stage, forked.publish(&stage.net, size, present()));
    let user = knowing();
    user.ask(&stage, &customs, &liar.url);
    contradicted(&user, &larger, &[]);

    // A node that lies about hashes, is behind, or shows a checkpoint by nobody, proves nothing; the file holds.
    let honest = Liar::start(&stage, log.publish(&stage.net, size, present()));
    let user = knowing();
    user.ask(&stage, &customs, &honest.url);
    honest.spoil("/tlog/tile/0/");
    honest.spoil("/tlog/tile/1/");
    assert_eq!(comparison(&user, &newest, &[]), "unproven tiles");
    honest.tell(log.publish(&stage.net, end, present()));
    assert_eq!(comparison(&user, &newest, &[]), "unproven behind");
    let few = Signers { nodes: &[0, 1], ..present() };
    honest.tell(log.publish(&stage.net, size, few));
    let doubting = knowing();
    doubting.ask(&stage, &customs, &honest.url);
    assert_eq!(comparison(&doubting, &newest, &[]), "unproven unreachable");

    false_absence(&stage, &user).await;
}

/// A state proof whose server says that there is nothing where there is something.
async fn false_absence(stage: &crate::stage::Stage, user: &User) {
    let client = stage.net.client(0, &stage.net.cast.customs);
    let text = client.get("/v1/state?key=gov/validators").await.unwrap().text;
    let good = stage.folder.path().join("state.json");
    std::fs::write(&good, &text).unwrap();
    user.ask(stage, &stage.net.cast.customs, &stage.net.network.nodes[0].url());
    assert_eq!(verify(user, &good, &[]).0, Some(0));
    let document: chain_core::receipt::StateProof =
        serde_json::from_str(&format!("{}}}", &text[..text.rfind(",\"digest\"").unwrap()])).unwrap();
    let absent = chain_core::receipt::StateProof { value: None, ..document.clone() };
    let elsewhere = chain_core::receipt::StateProof { key: "rcv/none".into(), value: None, ..document };
    for lie in [absent, elsewhere] {
        let file = stage.folder.path().join("absent.json");
        std::fs::write(&file, lie.to_bytes()).unwrap();
        let (code, said) = verify(user, &file, &[]);
        assert_eq!((code, &said["error"]["code"]), (Some(3), &"CLI-3003".into()), "{said}");
        assert!(said["error"]["message"].as_str().unwrap().contains("9009"), "{said}");
    }
}
