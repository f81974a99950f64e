//! What is drawn for a trade before anything is written: numbers, parties, goods and terms.

use super::codes::{checked, days_before, derive, digits, later, number, year};
use super::trade::Claim;
use super::{Cast, MemberSigner, WorldError};
use chain_core::types::{Currency, TimeMs};
use contracts::clearance::ceb::Direction;
use contracts::clearance::ceb::dec5::Dec5;
use contracts::clearance::ceb::write::{Buyer, Consignee, Enterprise, Trade as CebTrade, TradeLine};
use contracts::dates::Date;
use contracts::finance::calls::Capacity;
use contracts::finance::sealed::{Invoice, Parties};
use contracts::ids::customs::DeclarationNo;
use contracts::insurance::calls::{PolicyClear, PolicyParties};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use std::collections::BTreeMap;

/// Serial numbers of a world lie below this and begin somewhere by the seed.
pub(super) const SERIALS: u64 = 1_000_000_000;
/// Customs district of all trades.
pub(super) const DISTRICT: &str = "8013";
const HOUR_MS: u64 = 3600 * 1000;

/// An article of trade.
pub(super) struct Article {
    hs: &'static str,
    chinese: &'static str,
    pub(super) english: &'static str,
    model: &'static str,
}

const fn article(hs: &'static str, chinese: &'static str, english: &'static str, model: &'static str) -> Article {
    Article { hs, chinese, english, model }
}

const ARTICLES: [Article; 5] = [
    article("3924100000", "塑料水杯", "Plastic cup", "350ml"),
    article("8518300000", "头戴式耳机", "Headphones", "BT-5.3"),
    article("4202220000", "帆布手提包", "Canvas bag", "40cm"),
    article("7323930000", "不锈钢锅具", "Stainless steel pan", "24cm"),
    article("9004100000", "太阳镜", "Sunglasses", "UV400"),
];

/// What is drawn for a trade before anything is written.
pub(super) struct Facts<'a> {
    pub(super) seed: u64,
    pub(super) index: u32,
    pub(super) direction: Direction,
    pub(super) seller: &'a MemberSigner,
    pub(super) platform: &'a MemberSigner,
    pub(super) carrier: &'a MemberSigner,
    pub(super) payment: &'a MemberSigner,
    warehouse: &'a MemberSigner,
    /// When it was ordered: a week before the start, some minutes apart.
    pub(super) ordered: TimeMs,
    start: TimeMs,
    pub(super) declaration_no: DeclarationNo,
    articles: Vec<&'static Article>,
    /// Quantity and price in hundredths of each line.
    amounts: Vec<(u64, u64)>,
    freight: u64,
}

impl<'a> Facts<'a> {
    /// Draws the facts of a trade. Each trade has a generator of its own.
    pub(super) fn draw(cast: &'a Cast, seed: u64, index: u32, start: TimeMs) -> Result<Facts<'a>, WorldError> {
        let mut rng = StdRng::from_seed(derive(seed, &format!("trade/{index}")).0);
        let direction = if index.is_multiple_of(2) { Direction::Export } else { Direction::Import };
        let turn = usize::try_from(index / 2).map_err(|_| WorldError::Range("the number of trades"))?;
        let lines = if direction == Direction::Export { rng.gen_range(1..=3) } else { 1 };
        let articles = (0..lines).map(|_| &ARTICLES[rng.gen_range(0..ARTICLES.len())]).collect();
        let amounts = (0..lines)
            .map(|_| match (index, direction) {
                // The story's sale is larger than any other, so that nothing resembles it.
                (0, _) => (rng.gen_range(1_000..=2_000), rng.gen_range(8_000..=9_999)),
                (_, Direction::Export) => (rng.gen_range(10..=200), rng.gen_range(500..=9_999)),
                // One import may be worth 5,000 CNY.
                (_, Direction::Import) => (rng.gen_range(1..=3), rng.gen_range(5_000..=80_000)),
            })
            .collect();
        let ordered = later(days_before(start, 7)?, u64::from(index % 600) * 60_000)?;
        let flow = if direction == Direction::Export { 0 } else { 1 };
        let declaration = format!("{DISTRICT}{:04}{flow}{:09}", year(ordered), serial(seed, index, 1, 0));
        Ok(Facts {
            seed,
            index,
            direction,
            seller: pick(&cast.enterprises, turn)?,
            platform: pick(&cast.platforms, turn)?,
            carrier: pick(&cast.carriers, turn)?,
            payment: pick(&cast.payments, turn)?,
            warehouse: &cast.warehouse,
            ordered,
            start,
            declaration_no: declaration.parse().map_err(|_| WorldError::Range("a declaration number"))?,
            articles,
            amounts,
            freight: rng.gen_range(500..=2_000),
        })
    }

    /// So many hours after the order.
    pub(super) fn at(&self, hours: u64) -> Result<TimeMs, WorldError> {
        later(self.ordered, hours * HOUR_MS)
    }

    /// The article of each line.
    pub(super) fn articles(&self) -> impl Iterator<Item = &'static Article> {
        self.articles.iter().copied()
    }

    /// Country of origin of the goods: China, of imports Japan.
    pub(super) fn origin(&self) -> &'static str {
        if self.direction == Direction::Export { "CN" } else { "JP" }
    }

    /// What the four messages say.
    pub(super) fn ceb(&self) -> Result<CebTrade, WorldError> {
        let export = self.direction == Direction::Export;
        // Letters and digits of the seed, so that two worlds do not share numbers.
        let tag = &derive(self.seed, "tag").to_hex()[..6].to_uppercase();
        let numbered = |prefix: &str| format!("{prefix}-{tag}-{:06}", self.index);
        let guid = |document: usize| guid(self.seed, self.index, document);
        let lines = self.articles.iter().zip(&self.amounts).enumerate();
        let lines = lines.map(|(at, (article, (quantity, price)))| self.line(at, article, *quantity, *price));
        let pieces: u64 = self.amounts.iter().map(|(quantity, _)| quantity).sum();
        let serial = serial(self.seed, self.index, 1, 0);
        Ok(CebTrade {
            direction: self.direction,
            guids: [guid(0), guid(1), guid(2), guid(3)],
            time: digits(self.ordered),
            order_no: numbered("SO"),
            payment_no: numbered("PAY"),
            waybill_no: numbered("WB"),
            cop_no: numbered("L"),
            invt_no: Some(format!("{DISTRICT}{:04}{}{serial:09}", year(self.ordered), if export { "E" } else { "I" })),
            declared: true,
            platform: firm(self.platform),
            seller: firm(self.seller),
            payment: firm(self.payment),
            carrier: firm(self.carrier),
            agent: firm(self.seller),
            warehouse: (!export).then(|| firm(self.warehouse)),
            account_book: (!export).then(|| format!("T{DISTRICT}W000001")),
            buyer: Buyer {
                reg_no: format!("U-{serial:09}"),
                name: "示例买家".into(),
                id_number: "999999190001010000".into(),
                phone: "00000000000".into(),
            },
            consignee: Consignee {
                name: "示例收件人".into(),
                phone: "00000000000".into(),
                address: "示例市示例路1号".into(),
            },
            lines: lines.collect::<Result<_, _>>()?,
            freight: cents(self.freight),
            insurance: Dec5::ZERO,
            tax: if export {
                Dec5::ZERO
            } else {
                cents(self.amounts.iter().map(|(q, p)| q * p).sum::<u64>() * 91 / 1000)
            },
            discount: Dec5::ZERO,
            currency: if export { "502" } else { "142" }.into(),
            trade_mode: if export { "9610" } else { "1210" }.into(),
            customs_code: DISTRICT.into(),
            port_code: DISTRICT.into(),
            traf_mode: "5".into(),
            traf_name: "SAMPLE-FLIGHT".into(),
            voyage_no: format!("SX{:04}", self.index % 10_000),
            bill_no: format!("999-{:08}", serial % 100_000_000),
            country: if export { "304" } else { "116" }.into(),
            port_abroad: if export { "304" } else { "116" }.into(),
            gross_weight: Dec5::from_units(i128::from(pieces) * 30_000),
            net_weight: Dec5::from_units(i128::from(pieces) * 25_000),
            dxp_id: "DXPENT0000000000".into(),
        })
    }

    fn line(&self, at: usize, article: &Article, quantity: u64, price: u64) -> Result<TradeLine, WorldError> {
        let export = self.direction == Direction::Export;
        let place = u64::try_from(at).map_err(|_| WorldError::Range("the number of lines"))?;
        Ok(TradeLine {
            item_no: format!("A-{at}"),
            record_no: (!export).then(|| format!("{:08}", serial(self.seed, self.index, 1, 0) % 100_000_000)),
            name: article.chinese.into(),
            model: article.model.into(),
            hs_code: article.hs.into(),
            bar_code: checked(&format!("952{:09}", serial(self.seed, self.index, 4, place)))?,
            country: if export { "304" } else { "116" }.into(),
            unit: "011".into(),
            qty: Dec5::from_units(i128::from(quantity) * 100_000),
            price: cents(price),
        })
    }

    /// What the receivable says.
    pub(super) fn claim(&self, cast: &Cast, ceb: &CebTrade) -> Result<Claim, WorldError> {
        let minor: u64 = self.amounts.iter().map(|(quantity, price)| quantity * price).sum();
        let issued = Date::beijing(self.ordered);
        let days = |date: Date, days| date.plus_days(days).ok_or(WorldError::Time);
        let currency = Currency::parse("USD").ok_or(WorldError::Range("a currency"))?;
        // Every second export goes to a buyer that is no member; its agent confirms.
        let by_agent = self.index % 4 == 2;
        let stranger = self.index / 4 % 100;
        let (debtor, name) = match by_agent {
            true => (format!("SAMPLE-IMPORTER-{stranger:02}"), format!("Sample Importer {stranger:02} B.V.")),
            false => (cast.debtor.id.to_string(), cast.debtor.name().to_owned()),
        };
        let confirmer = if by_agent { &cast.agent } else { &cast.debtor };
        Ok(Claim {
            parties: Parties {
                creditor: self.seller.id.to_string(),
                debtor: debtor.clone(),
                names: BTreeMap::from([
                    (self.seller.id.to_string(), self.seller.name().to_owned()),
                    (debtor.clone(), name),
                ]),
                agent: by_agent.then(|| cast.agent.id.to_string()),
            },
            invoice: Invoice {
                number: ceb.order_no.replace("SO-", "INV-"),
                date: issued,
                currency: currency.clone(),
                minor,
            },
            minor,
            due: days(Date::beijing(self.start), 90)?,
            confirmer: confirmer.id.clone(),
            capacity: if by_agent { Capacity::Agent } else { Capacity::Debtor },
            policy: PolicyClear {
                currency,
                limit_minor: minor + minor / 5,
                from: days(issued, -30)?,
                until: days(issued, 335)?,
                waiting: Some(60),
            },
            policy_parties: PolicyParties {
                insured: self.seller.id.to_string(),
                buyer: debtor,
                policy_no: ceb.order_no.replace("SO-", "POL-"),
            },
        })
    }
}

fn pick(members: &[MemberSigner], turn: usize) -> Result<&MemberSigner, WorldError> {
    members.get(turn % members.len().max(1)).ok_or(WorldError::Range("the cast"))
}

fn firm(member: &MemberSigner) -> Enterprise {
    Enterprise { code: member.id.to_string(), name: member.name().to_owned() }
}

fn cents(minor: u64) -> Dec5 {
    Dec5::from_units(i128::from(minor) * 1000)
}

/// A serial number of nine digits; `step` of them belong to each trade.
pub(super) fn serial(seed: u64, index: u32, step: u64, place: u64) -> u64 {
    (number(seed, "serial", SERIALS) + u64::from(index) * step + place) % SERIALS
}

/// A number in the form 8-4-4-4-12, upper-case hexadecimal.
pub(super) fn guid(seed: u64, index: u32, document: usize) -> String {
    let hex = derive(seed, &format!("guid/{index}/{document}")).to_hex().to_uppercase();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32])
}
