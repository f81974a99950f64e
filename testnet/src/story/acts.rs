//! The acts, in order.

use super::{Story, StoryError, Teller};
use crate::client::{ClientError, now_s};
use crate::world::drafts::{approval_draft, confirm_draft, policy_draft, reserve_draft};
use crate::world::receivable::{PledgeTerms, ReceivableIds, pledge_draft, receivable_draft};
use crate::world::{Authored, MemberSigner, SaltedDraft};
use chain_core::bundle;
use chain_core::receipt::{self, StateProof, Trust};
use chain_core::types::{RecordId, TimeMs};
use contracts::finance::calls::Decision;
use contracts::finance::state::receivable_key;
use reqwest::StatusCode;
use serde_json::Value;
use std::time::{Duration, Instant};

/// Nodes in the order of the cast.
const CUSTOMS: usize = 0;
const TAX: usize = 1;
const BANK_A: usize = 2;
const INSURER: usize = 3;
const BANK_B: usize = 4;

/// The page that the auditor gets.
const BUNDLE: &str = "receivable.html";

/// What the acts hand on to one another.
struct Lent {
    receivable: RecordId,
    pledge: RecordId,
    receipt: String,
}

fn wrong(text: impl Into<String>) -> StoryError {
    StoryError::Wrong(text.into())
}

fn now() -> TimeMs {
    TimeMs(now_s() * 1000)
}

impl Story {
    /// Tells the whole story.
    ///
    /// # Errors
    /// The first step that failed.
    pub async fn tell(&mut self, teller: &mut Teller) -> Result<(), StoryError> {
        teller.step("keys and genesis of four organisations and a second bank", self.founded()).await?;
        teller.step("four validators and a follower run", self.started()).await?;
        teller.step("enterprises are filed by themselves, reviewed by customs", self.filed()).await?;
        let documents = teller.step("orders, payments, waybills, lists: customs messages on the ledger", self.traded()).await?;
        teller.step("parcels coded, their EPCIS events on the ledger", self.traced()).await?;
        let ids = teller.step("a declaration is filed, customs alone release it; the insurer covers the buyer", self.declared(documents)).await?;
        let receivable = teller.step("a receivable is registered, attested and confirmed", self.registered(ids)).await?;
        teller.step("bank A is shown the documents and checks", self.checked(receivable, documents)).await?;
        let lent = teller.step("bank A reserves and pledges it: maker and checker sign", self.pledged(receivable)).await?;
        teller.step("bank B tries to lend on it too: refused", self.refused(receivable)).await?;
        teller.step("the state of the receivable is proved, and that another is absent", self.proved(receivable)).await?;
        teller.step("the insurer's node is killed; the others go on; it catches up by itself", self.killed()).await?;
        teller.step("the receipt verifies offline; one changed byte does not", self.verified(&lent)).await?;
        teller.step("an evidence bundle for the auditor: one page, checked with the ledger's id alone", self.bundled(&lent)).await?;
        teller.step("all five nodes hold the same blocks and the same state", self.agreed()).await
    }

    async fn founded(&mut self) -> Result<((), String), StoryError> {
        let founding = &self.net.founding;
        let detail = format!(
            "ledger {}\n{} members, {} validators, quorum {}",
            founding.id,
            founding.genesis.members.len(),
            founding.validators.len(),
            founding.validators.quorum()
        );
        Ok(((), detail))
    }

    async fn started(&mut self) -> Result<((), String), StoryError> {
        self.net.network.start().await?;
        let lines: Vec<String> = self
            .net
            .network
            .nodes
            .iter()
            .map(|node| {
                let nick = self.net.cast.members().find(|m| m.id.as_str() == node.member).map_or("", |m| m.nick.as_str());
                format!("{nick:<9} {}  {}", node.member, node.url())
            })
            .collect();
        Ok(((), lines.join("\n")))
    }

    async fn filed(&mut self) -> Result<((), String), StoryError> {
        let filings = self.world.enterprise_filings.clone();
        let ids = self.submit_all(CUSTOMS, filings).await?;
        let customs = self.net.cast.customs.clone();
        let mut reviews: Vec<SaltedDraft> = Vec::new();
        for id in &ids {
            reviews.push(approval_draft(*id, now())?.into());
        }
        let built = self.sign(&customs, &reviews)?;
        self.client(CUSTOMS, &customs).submit_accepted("reviews", &built.bytes).await?;
        Ok(((), format!("{} enterprises approved", ids.len())))
    }

    /// The first trade's documents one by one, because the receivable names them; the others in batches.
    async fn traded(&mut self) -> Result<([RecordId; 3], String), StoryError> {
        let trade = self.trade()?.clone();
        let documents = &trade.documents;
        let mut ids = Vec::new();
        for record in [&documents.order, &documents.payment, &documents.waybill, &documents.list, &documents.list_reply] {
            let by = self.member(&record.by)?;
            ids.push(self.submit(TAX, &by, "a customs message", record.draft.clone()).await?);
        }
        let rest: Vec<Authored> = self
            .world
            .trades
            .iter()
            .skip(1)
            .flat_map(|t| {
                let d = &t.documents;
                [&d.order, &d.payment, &d.waybill, &d.list, &d.list_reply].map(Clone::clone)
            })
            .collect();
        let count = rest.len() + ids.len();
        self.submit_all(TAX, rest).await?;
        let detail = format!("{count} messages of {} trades; names, numbers, addresses stay sealed", self.world.trades.len());
        match ids.as_slice() {
            [order, _, waybill, list, _] => Ok(([*order, *waybill, *list], detail)),
            _ => Err(wrong("a document is missing")),
        }
    }

    async fn traced(&mut self) -> Result<((), String), StoryError> {
        let parcels: Vec<Authored> = self.world.trades.iter().map(|t| t.parcel.clone()).collect();
        let events: Vec<Authored> = self.world.trades.iter().flat_map(|t| t.events.clone()).collect();
        let (parcels, events) = (self.submit_all(INSURER, parcels).await?, self.submit_all(INSURER, events).await?);
        Ok(((), format!("{} parcels, {} events", parcels.len(), events.len())))
    }

    async fn declared(&mut self, [order, waybill, list]: [RecordId; 3]) -> Result<(ReceivableIds, String), StoryError> {
        let trade = self.trade()?.clone();
        let seller = self.member(&trade.declaration.by)?;
        let declaration = self.submit(CUSTOMS, &seller, "the declaration", trade.declaration.draft.clone()).await?;
        let customs = self.net.cast.customs.clone();
        self.submit(CUSTOMS, &customs, "the release", trade.release.draft.clone()).await?;
        let insurer = self.net.cast.insurer.clone();
        let policy = self.submit(INSURER, &insurer, "the policy", policy_draft(trade.claim()?, now())?).await?;
        // Nobody but customs releases.
        let built = self.sign(&seller, &[trade.release.draft.clone().into()])?;
        let answer = self.client(CUSTOMS, &seller).submit(&built.bytes, 5).await?;
        if answer.status != StatusCode::FORBIDDEN {
            return Err(wrong(format!("the seller's own release was answered {}", answer.status)));
        }
        let detail = format!("declaration {} released; the seller's own release: {}", trade.declaration_no, answer.code());
        Ok((ReceivableIds { order, waybill, list, declaration, policy: Some(policy) }, detail))
    }

    async fn registered(&mut self, ids: ReceivableIds) -> Result<(RecordId, String), StoryError> {
        let trade = self.trade()?.clone();
        let claim = trade.claim()?.clone();
        let seller = self.member(&trade.seller)?;
        let ledger = self.net.founding.id;
        let mut salts = self.salts.clone();
        let made = receivable_draft(&self.net.cast, &trade, &ids, &ledger, &mut salts, now())?;
        self.salts = salts;
        let receivable = self.submit(TAX, &seller, "the receivable", made.salted).await?;
        let confirmer = self.member(&claim.confirmer)?;
        let confirm =
            confirm_draft(receivable, Decision::Confirm, made.capacity, made.confirmer_salt, now())?;
        self.submit(TAX, &confirmer, "the confirmation", confirm).await?;
        let amount = format!("{} {}.{:02}", claim.invoice.currency, claim.minor / 100, claim.minor % 100);
        Ok((receivable, format!("{receivable}\n{amount}, due {}, confirmed as {}", claim.due, made.capacity.as_str())))
    }

    async fn checked(&mut self, receivable: RecordId, documents: [RecordId; 3]) -> Result<((), String), StoryError> {
        let trade = self.trade()?.clone();
        let seller = self.member(&trade.seller)?;
        // The seller shows bank A's own node what the loan needs; personal fields stay with their holders.
        let to_bank = self.client(BANK_A, &seller);
        to_bank.present(&receivable, &self.disclosures(&receivable)).await?;
        for id in documents {
            let shown = self.disclosures(&id).into_iter().filter(|text| !is_personal(text)).collect::<Vec<_>>();
            to_bank.present(&id, &shown).await?;
        }
        let policy = self.policy_of(receivable).await?;
        to_bank.present(&policy, &self.disclosures(&policy)).await?;
        let bank = self.net.cast.bank_a.clone();
        let client = self.client(BANK_A, &bank);
        let path = format!("/v1/receivables/{receivable}/check");
        // Final means: a checkpoint covers it. That takes a moment.
        let deadline = Instant::now() + Duration::from_secs(15);
        loop {
            let answer = client.get(&path).await?;
            let report = answer.json();
            if report["verdict"] == "pass" || Instant::now() > deadline {
                let lines = verdicts(&report);
                if report["verdict"] != "pass" {
                    return Err(wrong(format!("verdict {}\n{lines}", report["verdict"])));
                }
                return Ok(((), lines));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn policy_of(&self, receivable: RecordId) -> Result<RecordId, StoryError> {
        let bank = &self.net.cast.bank_a;
        let record = self.client(BANK_A, bank).get(&format!("/v1/records/{receivable}")).await?.json();
        record["body"]["policy"].as_str().and_then(RecordId::parse).ok_or_else(|| wrong("the receivable names no policy"))
    }

    async fn pledged(&mut self, receivable: RecordId) -> Result<(Lent, String), StoryError> {
        let claim = self.trade()?.claim()?.clone();
        let bank = self.net.cast.bank_a.clone();
        let minor = claim.minor / 10 * 8;
        let reserve = reserve_draft(receivable, minor, 3600, now())?;
        let reservation = self.submit(BANK_A, &bank, "the reservation", reserve).await?;
        let terms = PledgeTerms {
            receivable,
            encumbrance: reservation,
            minor,
            currency: claim.invoice.currency.clone(),
            until: claim.due,
            register_no: "04558820260000012345".into(),
        };
        let pledge = pledge_draft(&bank, &self.net.founding.id, &terms, now())?;
        let pledge = self.submit(BANK_A, &bank, "the pledge", pledge).await?;
        let receipt = self.client(BANK_A, &bank).receipt(&pledge).await?;
        std::fs::write(self.net.network.folder.join("pledge.tlog-proof"), &receipt)?;
        let detail = format!(
            "{} {}.{:02} pledged, register no. {}\nreceipt of {} bytes: {}",
            claim.invoice.currency,
            minor / 100,
            minor % 100,
            terms.register_no,
            receipt.len(),
            self.net.network.folder.join("pledge.tlog-proof").display()
        );
        Ok((Lent { receivable, pledge, receipt }, detail))
    }

    async fn refused(&mut self, receivable: RecordId) -> Result<((), String), StoryError> {
        let claim = self.trade()?.claim()?.clone();
        let bank: MemberSigner = self.net.cast.bank_b.clone();
        let draft = reserve_draft(receivable, claim.minor / 2, 3600, now())?;
        let built = self.sign(&bank, &[draft.into()])?;
        let answer = self.client(BANK_B, &bank).submit(&built.bytes, 20).await?;
        if answer.status != StatusCode::CONFLICT {
            return Err(wrong(format!("bank B was answered {} {}", answer.status, answer.text)));
        }
        let body = answer.json();
        if answer.text.contains(self.net.cast.bank_a.id.as_str()) {
            return Err(wrong("the refusal names the bank that holds the pledge"));
        }
        let id = RecordId { tx: built.id, index: 0 };
        let receipt = self.client(BANK_B, &bank).receipt(&id).await?;
        let proved = receipt::verify(receipt.as_bytes(), &Trust::in_genesis(&self.net.founding))?;
        if proved.accepted {
            return Err(wrong("the receipt of the refusal says accepted"));
        }
        let code = body["code"].as_str().unwrap_or_default();
        let detail = format!("409 {code}: {}\n{}\nthe refusal has a receipt too", body["detail"].as_str().unwrap_or_default(), body["info"]);
        Ok(((), detail))
    }

    async fn proved(&mut self, receivable: RecordId) -> Result<((), String), StoryError> {
        let bank = self.net.cast.bank_b.clone();
        let client = self.client(BANK_B, &bank);
        let trust = Trust::in_genesis(&self.net.founding);
        let other = RecordId { tx: receivable.tx, index: 7 };
        let mut lines = Vec::new();
        for id in [receivable, other] {
            let answer = client.get(&format!("/v1/state?key={}", receivable_key(&id))).await?;
            if answer.status != StatusCode::OK {
                let error = ClientError::Unexpected { what: "state proof".into(), status: answer.status, text: answer.text };
                return Err(error.into());
            }
            let proved = StateProof::verify(answer.text.as_bytes(), &trust)?;
            if proved.value.is_some() != (id == receivable) {
                return Err(wrong("the proof shows the wrong thing"));
            }
            let what = if proved.value.is_some() { "present" } else { "absent" };
            lines.push(format!("{what} at height {}, {} bytes of proof", proved.height, answer.text.len()));
        }
        Ok(((), lines.join("\n")))
    }

    async fn killed(&mut self) -> Result<((), String), StoryError> {
        self.net.network.nodes[INSURER].kill();
        let platform = self.net.cast.enterprises.last().cloned().ok_or_else(|| wrong("no enterprise"))?;
        let mut slowest = Duration::ZERO;
        for n in 0..5u32 {
            let draft = crate::world::drafts::object_draft(
                &format!("demo:parcel-{n}"),
                contracts::registry::calls::ObjectType::Parcel,
                None,
                now(),
            )?;
            let began = Instant::now();
            self.submit(TAX, &platform, "a record while a node is down", draft).await?;
            slowest = slowest.max(began.elapsed());
        }
        let customs = self.net.cast.customs.clone();
        let height = self.client(CUSTOMS, &customs).height().await?;
        let began = Instant::now();
        self.net.network.nodes[INSURER].start()?;
        self.client(INSURER, &customs).wait_height(height, Duration::from_secs(30)).await?;
        let detail = format!(
            "5 records committed without it (slowest {} ms); back at height {height} after {} ms",
            slowest.as_millis(),
            began.elapsed().as_millis()
        );
        Ok(((), detail))
    }

    async fn verified(&mut self, lent: &Lent) -> Result<((), String), StoryError> {
        let trust = Trust::in_genesis(&self.net.founding);
        let began = Instant::now();
        let proved = receipt::verify(lent.receipt.as_bytes(), &trust)?;
        let took = began.elapsed();
        if proved.transaction != lent.pledge.tx || !proved.accepted {
            return Err(wrong("the receipt is of something else"));
        }
        let mut spoilt = lent.receipt.clone().into_bytes();
        let middle = spoilt.len() / 2;
        spoilt[middle] = if spoilt[middle] == b'A' { b'B' } else { b'A' };
        let Err(refusal) = receipt::verify(&spoilt, &trust) else {
            return Err(wrong("a changed receipt verifies"));
        };
        let detail = format!(
            "pledge of {} at height {}, {} cosignatures, {} us\nchanged: {refusal}",
            lent.receivable.tx,
            proved.height,
            proved.cosigned,
            took.as_micros()
        );
        Ok(((), detail))
    }

    async fn bundled(&mut self, lent: &Lent) -> Result<((), String), StoryError> {
        let bank = self.net.cast.bank_a.clone();
        let answer = self.client(BANK_A, &bank).get(&format!("/v1/receivables/{}/bundle", lent.receivable)).await?;
        if answer.status != StatusCode::OK {
            let error = ClientError::Unexpected { what: "bundle".into(), status: answer.status, text: answer.text };
            return Err(error.into());
        }
        let mut file = answer.text.into_bytes();
        let path = self.net.network.folder.join(BUNDLE);
        std::fs::write(&path, &file)?;
        let ledger = self.net.founding.id;
        let began = Instant::now();
        let good = bundle::verify(&file, &ledger, None).map_err(|fault| wrong(fault.to_string()))?;
        let took = began.elapsed();
        let shown: Vec<RecordId> =
            good.entries.iter().filter_map(|entry| entry.signed.as_ref()).flat_map(|s| &s.records).map(|r| r.id).collect();
        if !shown.contains(&lent.pledge) {
            return Err(wrong("the bundle does not show the pledge"));
        }
        let listed: usize = good.listings.iter().map(|listing| listing.records.len()).sum();
        let detail = format!(
            "{} records shown, {} withheld, {} state values, {listed} records listed and none missing\n{} bytes, checked in {} us; open it: {}#ledger={ledger}",
            shown.len(),
            good.entries.iter().filter(|entry| entry.signed.is_none()).count(),
            good.state.len(),
            file.len(),
            took.as_micros(),
            path.display()
        );
        let end = file.len() - file.len() / 8;
        file[end] = if file[end] == b'A' { b'B' } else { b'A' };
        match bundle::verify(&file, &ledger, None) {
            Err(fault) => Ok(((), format!("{detail}\nchanged: {fault}"))),
            Ok(_) => Err(wrong("a changed bundle verifies")),
        }
    }

    async fn agreed(&mut self) -> Result<((), String), StoryError> {
        let customs = self.net.cast.customs.clone();
        let height = self.client(CUSTOMS, &customs).height().await?;
        let mut seen: Vec<(Value, Value)> = Vec::new();
        for node in 0..self.net.network.nodes.len() {
            let client = self.client(node, &customs);
            client.wait_height(height, Duration::from_secs(20)).await?;
            let block = client.get(&format!("/v1/blocks/{height}")).await?.json();
            seen.push((block["hash"].clone(), block["stateRoot"].clone()));
        }
        if seen.windows(2).any(|pair| pair[0] != pair[1]) || seen.iter().any(|(hash, _)| !hash.is_string()) {
            return Err(wrong(format!("the nodes differ at height {height}: {seen:?}")));
        }
        Ok(((), format!("height {height}, state root {}", seen[0].1.as_str().unwrap_or_default())))
    }

    /// What to try next, for people.
    pub fn look_around(&self) -> Vec<String> {
        let folder = &self.net.network.folder;
        let genesis = self.net.network.genesis.display();
        let mut lines = vec![String::new(), "The network stays up. Ctrl-C stops everything.".into()];
        for node in &self.net.network.nodes {
            lines.push(format!("  {}/docs", node.url()));
        }
        lines.push(format!("  sealane verify {} --genesis {genesis}", folder.join("pledge.tlog-proof").display()));
        lines.push(format!("  sealane verify {} --ledger {}", folder.join(BUNDLE).display(), self.net.founding.id));
        lines
    }
}

/// Whether a disclosure is the sealed field of personal data.
fn is_personal(disclosure: &str) -> bool {
    chain_core::tx::disclosure::Sealed { disclosure: disclosure.to_owned() }
        .open()
        .is_ok_and(|(name, _)| name == "personal")
}

fn verdicts(report: &Value) -> String {
    let empty = Vec::new();
    report["checks"]
        .as_array()
        .unwrap_or(&empty)
        .iter()
        .map(|check| {
            let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
            format!("{:<14} {:<30} {}", text(&check["verdict"]), text(&check["name"]), text(&check["reason"]["en"]))
        })
        .collect::<Vec<_>>()
        .join("\n")
}
