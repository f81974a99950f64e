//! What an auditor says to a server that lies. The validators' signatures are real: they lie together.
use crate::forged::{Log, Signers, bundle, past, present};
use crate::liar::Liar;
use crate::user::User;
use crate::{Told, tell};
use chain_core::block::Leaf;
use chain_core::log::SignedCheckpoint;
use chain_core::log::tiles::TileKind;
use serde_json::Value;
use std::path::Path;
use testnet::client::now_s;

struct Court<'a> {
    told: &'a Told,
    log: &'a Log,
    customs: User,
}

impl Court<'_> {
    /// What an audit into `folder` says of a server.
    fn audit(&self, liar: &Liar, folder: &Path) -> (Option<i32>, Value) {
        self.customs.ask(&self.told.stage, &self.told.stage.net.cast.customs, &liar.url);
        self.customs.run(&["audit", "--once", "--dir", folder.to_str().unwrap()])
    }

    /// An audit that begins with this server.
    fn fresh(&self, liar: &Liar) -> (Option<i32>, Value) {
        self.audit(liar, tempfile::tempdir_in(self.told.stage.folder.path()).unwrap().path())
    }

    fn serve(&self, log: &Log, size: u64, by: Signers) -> Liar {
        Liar::start(&self.told.stage, log.publish(&self.told.stage.net, size, by))
    }

    /// A copy of the mirror as it was when the log had `size` leaves.
    fn kept(&self, size: u64, by: Signers) -> tempfile::TempDir {
        let folder = tempfile::tempdir_in(self.told.stage.folder.path()).unwrap();
        let honest = self.serve(self.log, size, by);
        let (code, said) = self.audit(&honest, folder.path());
        assert_eq!(code, Some(0), "{said}");
        folder
    }
}

fn found(said: &(Option<i32>, Value), lie: &str, code: u64, leaf: Option<usize>) {
    let divergence = &said.1["divergence"];
    println!("{lie}: {divergence}");
    assert_eq!(said.0, Some(3), "{lie}: {}", said.1);
    assert_eq!(divergence["code"], code, "{lie}: {divergence}");
    assert_eq!(divergence["leaf"].as_u64(), leaf.map(|place| place as u64), "{lie}: {divergence}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_lie_of_a_server_is_named() {
    let told = tell(0x11A2).await;
    let log = Log::read(&told.mirror);
    let customs = User::new(&told.stage, &told.stage.net.cast.customs, "http://127.0.0.1:9");
    let court = Court { told: &told, log: &log, customs };
    let size = log.size();
    // The end of a block after the first tile and after the handover, with room behind it.
    let after = log.handovers.last().unwrap().index as usize;
    let is_end = |leaf: &Leaf| matches!(leaf, Leaf::Block { .. });
    let is_accepted = |leaf: &Leaf| matches!(leaf, Leaf::Tx { outcome, .. } if outcome[0] == 0);
    let early = log.find(after, is_end) as u64 + 1;
    let victim = log.find(early as usize - 1, is_accepted);

    // The truth, from a server that could lie.
    let honest = court.serve(&log, size, present());
    let (code, said) = court.fresh(&honest);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said["hash"], told.audited["hash"]);

    // A forked log: all validators sign another history than the one they signed before.
    let forked = log.clone().with(victim, |leaf| {
        if let Leaf::Tx { outcome, .. } = leaf {
            *outcome = [1, 0, 0, 0x17, 0x70];
        }
    });
    for (what, at, by) in [("a forked log", size, present()), ("a fork of the same size", early, past())] {
        let kept = court.kept(early, past());
        let liar = court.serve(&forked, at, by);
        let said = court.audit(&liar, kept.path());
        if at == size {
            found(&said, what, 9017, Some(victim));
        } else {
            found(&said, what, 9017, None);
        }
        let evidence: Vec<_> = said.1["divergence"]["evidence"].as_array().unwrap().iter().collect();
        assert_eq!(evidence.len(), 2, "{what}");
        for file in evidence {
            SignedCheckpoint::parse(&std::fs::read(file.as_str().unwrap()).unwrap()).unwrap();
        }
        // The mirror is as it was.
        let (code, said) = court.audit(&honest, kept.path());
        assert_eq!(code, Some(0), "{said}");
    }
    // Who comes new has nothing to compare with, and executes: the outcome is another.
    found(&court.fresh(&court.serve(&forked, size, present())), "a lie about an outcome", 9019, Some(victim));

    // A lie about the state, such as that something is not pledged: the state root of a block.
    let end = log.find(size as usize, is_end);
    let other_state = log.clone().with(end, |leaf| {
        if let Leaf::Block { state_root, .. } = leaf {
            state_root.0[0] ^= 1;
        }
    });
    found(&court.fresh(&court.serve(&other_state, size, present())), "a lie about the state", 9019, Some(end));
    let other_set = log.clone().with(end, |leaf| {
        if let Leaf::Block { next_validators, .. } = leaf {
            next_validators.0[0] ^= 1;
        }
    });
    found(&court.fresh(&court.serve(&other_set, size, present())), "validators nobody appointed", 9019, Some(end));

    // A stale checkpoint: smaller than the one kept; or signed long ago.
    let kept = court.kept(size, present());
    found(&court.audit(&court.serve(&log, early, past()), kept.path()), "a stale checkpoint", 9020, None);
    let long_ago = Signers { time: now_s() - 3600, ..present() };
    found(&court.fresh(&court.serve(&log, size, long_ago)), "a checkpoint of an hour ago", 9020, None);

    // A checkpoint that too few signed, or those who left.
    let few = Signers { nodes: &[0, 1], time: now_s() };
    found(&court.fresh(&court.serve(&log, size, few)), "a checkpoint without quorum", 9004, None);
    found(&court.fresh(&court.serve(&log, size, past())), "a checkpoint by one who left", 9004, None);
    let liar = court.serve(&log, size, present());
    liar.change("/tlog/handovers.json", |json| *json = b"[]".to_vec());
    found(&court.fresh(&liar), "a handover left out", 9004, None);

    // A rewritten entry, transaction, disclosure, header; a tile that is another.
    let entries = bundle(TileKind::Entries, victim, size);
    let payloads = bundle(TileKind::Payloads, victim, size);
    let liar = court.serve(&log, size, present());
    liar.tell([(entries.clone(), forked.publish(&told.stage.net, size, present())[&entries].clone())].into());
    found(&court.fresh(&liar), "a rewritten entry", 9005, Some(victim));
    let rewritten = |change: &dyn Fn(&mut Vec<u8>), place: usize| {
        let mut log = log.clone();
        change(&mut log.payloads[place]);
        court.fresh(&court.serve(&log, size, present()))
    };
    found(&rewritten(&|tx| tx[40] ^= 1, victim), "a rewritten transaction", 9006, Some(victim));
    let disclosure = |tx: &mut Vec<u8>| {
        let last = tx.len() - 3;
        tx[last] = if tx[last] == b'A' { b'B' } else { b'A' };
    };
    found(&rewritten(&disclosure, victim), "a rewritten record", 9008, Some(victim));
    found(&rewritten(&|tx| tx.truncate(tx.len() - 1 - 9), victim), "a record cut off", 9007, Some(victim));
    let certificate = |payload: &mut Vec<u8>| {
        let last = payload.len() - 1;
        payload[last] ^= 1;
    };
    found(&rewritten(&certificate, end), "a forged certificate", 9018, Some(end));
    let proposer = |payload: &mut Vec<u8>| {
        let other = told.stage.net.cast.nodes[5].validator().vote;
        payload[..32].copy_from_slice(other.as_bytes());
    };
    found(&rewritten(&proposer, end), "a proposer who is none", 9018, Some(end));
    let liar = court.serve(&log, size, present());
    liar.change("/tlog/tile/0/000", |tile| tile[32 * 7] ^= 1);
    found(&court.fresh(&liar), "another tile", 9005, None);

    // Cut: an entry left out of its bundle; a transaction left out of the ledger; a bundle withheld.
    let liar = court.serve(&log, size, present());
    liar.change(&entries, |bytes| bytes.truncate(bytes.len() - 85));
    found(&court.fresh(&liar), "a cut bundle", 9001, Some(victim / 256 * 256));
    let mut cut = log.clone();
    cut.entries.remove(victim);
    cut.payloads.remove(victim);
    let said = court.fresh(&court.serve(&cut, size - 1, present()));
    assert_eq!(said.0, Some(3), "a transaction left out: {}", said.1);
    println!("a transaction left out: {}", said.1["divergence"]);
    let liar = court.serve(&log, size, present());
    liar.withhold(&payloads);
    let (code, said) = court.fresh(&liar);
    assert_eq!((code, &said["error"]["code"]), (Some(1), &"CLI-1206".into()), "{said}");
}
