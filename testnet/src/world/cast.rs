//! The organisations, their keys and their nodes.

use super::WorldError;
use super::codes::{derive, number, uscc};
use chain_core::keys::{MemorySigner, Signer as _};
use chain_core::member::{KeyUse, Member, MemberKey, Role};
use chain_core::types::{Height, MemberId};
use chain_core::validators::Validator;
use contracts::ids::customs::CustomsCode;
use std::collections::{BTreeMap, BTreeSet};

/// Enterprises of [`Cast::new`].
const ENTERPRISES: usize = 4;
/// Most enterprises of [`Cast::with_enterprises`].
const MAX_ENTERPRISES: usize = 900;
/// Platforms, carriers and payment firms each.
const FIRMS: usize = 2;
/// Roles of those that customs register.
const FILERS: [Role; 5] = [Role::Enterprise, Role::Platform, Role::Carrier, Role::Payment, Role::Warehouse];

/// An organisation with its secret keys.
#[derive(Clone)]
pub struct MemberSigner {
    /// Short name in files and tests, such as `bank-a` or `enterprise-1`.
    pub nick: String,
    /// Its id: a social credit code, or for organisations abroad a short name.
    pub id: MemberId,
    /// Names by language tag: `zh-CN` and `en`.
    pub names: BTreeMap<String, String>,
    /// Roles.
    pub roles: BTreeSet<Role>,
    /// Customs registration code, for those that customs register.
    pub customs_code: Option<CustomsCode>,
    /// Signs transactions.
    pub record: MemorySigner,
    /// Signs API tokens.
    pub api: MemorySigner,
    /// First signature of a bank's step that moves money.
    pub maker: Option<MemorySigner>,
    /// Signs the transaction of such a step.
    pub checker: Option<MemorySigner>,
    /// Signs a registrar's attestations.
    pub attest: Option<MemorySigner>,
}

impl MemberSigner {
    /// The key of a use.
    ///
    /// # Errors
    /// [`WorldError::NoKey`] when the member has none.
    pub fn key(&self, purpose: KeyUse) -> Result<&MemorySigner, WorldError> {
        let found = match purpose {
            KeyUse::Record => Some(&self.record),
            KeyUse::Api => Some(&self.api),
            KeyUse::Maker => self.maker.as_ref(),
            KeyUse::Checker => self.checker.as_ref(),
            KeyUse::Attest => self.attest.as_ref(),
        };
        found.ok_or_else(|| WorldError::NoKey { member: self.nick.clone(), purpose })
    }

    /// The member as the genesis has it: each key of one use, valid from height 0.
    pub fn member(&self) -> Member {
        let uses = [KeyUse::Record, KeyUse::Api, KeyUse::Maker, KeyUse::Checker, KeyUse::Attest];
        let keys = uses.into_iter().filter_map(|purpose| {
            let x = self.key(purpose).ok()?.public_key();
            Some(MemberKey { kid: x.kid(), x, uses: BTreeSet::from([purpose]), from: Height(0), until: None })
        });
        Member {
            id: self.id.clone(),
            names: self.names.clone(),
            roles: self.roles.clone(),
            keys: keys.collect(),
            since: Height(0),
            suspended_from: None,
        }
    }

    /// The name in Chinese.
    pub fn name(&self) -> &str {
        self.names.get("zh-CN").map_or(&self.nick, String::as_str)
    }
}

/// The secret keys of a node: 32-byte Ed25519 seeds (RFC 8032), all different.
#[derive(Clone)]
pub struct NodeKeys {
    /// Nickname of the member that runs it.
    pub nick: String,
    /// The member.
    pub member: MemberId,
    /// Identity on the network.
    pub peer: [u8; 32],
    /// Signs votes and proposals.
    pub vote: [u8; 32],
    /// Signs checkpoints as the log.
    pub log: [u8; 32],
    /// Cosigns checkpoints.
    pub cosigner: [u8; 32],
}

impl NodeKeys {
    fn new(seed: u64, member: &MemberSigner) -> NodeKeys {
        let key = |purpose: &str| derive(seed, &format!("node/{}/{purpose}", member.nick)).0;
        NodeKeys {
            nick: member.nick.clone(),
            member: member.id.clone(),
            peer: key("peer"),
            vote: key("vote"),
            log: key("log"),
            cosigner: key("cosigner"),
        }
    }

    /// The public side, as a validator.
    pub fn validator(&self) -> Validator {
        let public = |seed: &[u8; 32]| MemorySigner::from_seed(seed).public_key();
        Validator {
            member: self.member.clone(),
            vote: public(&self.vote),
            log: public(&self.log),
            cosigner: public(&self.cosigner),
            peer: public(&self.peer),
        }
    }
}

/// Everybody who takes part.
#[derive(Clone)]
pub struct Cast {
    /// The seed it was made from.
    pub seed: u64,
    /// Customs (海关); runs a validator.
    pub customs: MemberSigner,
    /// Tax administration (税务); runs a validator.
    pub tax: MemberSigner,
    /// First bank; runs a validator.
    pub bank_a: MemberSigner,
    /// Export-credit insurer (信保); runs a validator.
    pub insurer: MemberSigner,
    /// Second bank; runs a node that follows.
    pub bank_b: MemberSigner,
    /// Foreign-exchange administration (外汇管理); has keys for a sixth node and does not run it at first.
    pub forex: MemberSigner,
    /// Registrar, who attests fingerprints.
    pub registrar: MemberSigner,
    /// Confirms for debtors abroad.
    pub agent: MemberSigner,
    /// A buyer abroad that is a member itself.
    pub debtor: MemberSigner,
    /// Supervised warehouse.
    pub warehouse: MemberSigner,
    /// Laboratory.
    pub laboratory: MemberSigner,
    /// Trading enterprises, at least one.
    pub enterprises: Vec<MemberSigner>,
    /// Platforms.
    pub platforms: Vec<MemberSigner>,
    /// Carriers.
    pub carriers: Vec<MemberSigner>,
    /// Payment firms.
    pub payments: Vec<MemberSigner>,
    /// Keys of the nodes: the validators `customs`, `tax`, `bank-a`, `insurer`, then the follower `bank-b`,
    /// then the spare one of `forex`.
    pub nodes: [NodeKeys; 6],
    /// The registrars' common key for fingerprints.
    pub fingerprint_key: [u8; 32],
}

impl Cast {
    /// The cast of a seed, with four enterprises.
    ///
    /// # Errors
    /// [`WorldError::Range`], which no seed is known to give.
    pub fn new(seed: u64) -> Result<Cast, WorldError> {
        Cast::with_enterprises(seed, ENTERPRISES)
    }

    /// The cast of a seed with 1 to 900 enterprises, for load. The others are those of [`Cast::new`].
    ///
    /// # Errors
    /// [`WorldError::Range`] for another number of enterprises.
    pub fn with_enterprises(seed: u64, enterprises: usize) -> Result<Cast, WorldError> {
        if !(1..=MAX_ENTERPRISES).contains(&enterprises) {
            return Err(WorldError::Range("the number of enterprises (1 to 900)"));
        }
        let maker = Maker { seed };
        let organ = |nick: &str, serial, names: [&str; 2], role| {
            maker.member(nick, Code::Chinese("11", serial), names, &[role])
        };
        let firm = |nick: &str, serial, names: [&str; 2], role| {
            maker.member(nick, Code::Chinese("91", serial), names, &[role])
        };
        let several = |stem: &str, count: usize, first: u64, names: [&str; 2], role: Role| {
            (1..=count).map(|n| maker.numbered(stem, n, first, names, role)).collect::<Result<Vec<_>, _>>()
        };
        let customs = organ("customs", 1, ["示例海关", "Sample Customs"], Role::Customs)?;
        let tax = organ("tax", 2, ["示例税务局", "Sample Tax Administration"], Role::Tax)?;
        let forex = organ("forex", 3, ["示例外汇管理局", "Sample Foreign Exchange Administration"], Role::Forex)?;
        let bank_a = firm("bank-a", 11, ["示例甲银行", "Sample Bank A"], Role::Bank)?;
        let bank_b = firm("bank-b", 12, ["示例乙银行", "Sample Bank B"], Role::Bank)?;
        let insurer = firm("insurer", 13, ["示例出口信用保险公司", "Sample Export Credit Insurance"], Role::Insurer)?;
        let nodes = [&customs, &tax, &bank_a, &insurer, &bank_b, &forex].map(|member| NodeKeys::new(seed, member));
        let enterprise = ["示例{}号电子商务公司", "Sample E-Commerce No. {}"];
        Ok(Cast {
            seed,
            registrar: firm("registrar", 14, ["示例单据登记公司", "Sample Document Registry"], Role::Registrar)?,
            agent: firm("agent", 15, ["示例代确认公司", "Sample Confirming Agent"], Role::ConfirmingAgent)?,
            warehouse: firm("warehouse", 16, ["示例监管仓库公司", "Sample Supervised Warehouse"], Role::Warehouse)?,
            laboratory: firm("laboratory", 17, ["示例检测公司", "Sample Laboratory"], Role::Laboratory)?,
            debtor: maker.member(
                "debtor",
                Code::Abroad("DE-SAMPLE-BUYER"),
                ["示例德国买方", "Sample Buyer GmbH"],
                &[Role::Enterprise],
            )?,
            platforms: several("platform", FIRMS, 20, ["示例{}号平台公司", "Sample Platform No. {}"], Role::Platform)?,
            carriers: several("carrier", FIRMS, 40, ["示例{}号物流公司", "Sample Carrier No. {}"], Role::Carrier)?,
            payments: several("payment", FIRMS, 60, ["示例{}号支付公司", "Sample Payments No. {}"], Role::Payment)?,
            enterprises: several("enterprise", enterprises, 99, enterprise, Role::Enterprise)?,
            fingerprint_key: derive(seed, "fingerprint-key").0,
            customs,
            tax,
            bank_a,
            insurer,
            bank_b,
            forex,
            nodes,
        })
    }

    /// Every member, in a fixed order.
    pub fn members(&self) -> impl Iterator<Item = &MemberSigner> {
        [&self.customs, &self.tax, &self.bank_a, &self.insurer, &self.bank_b, &self.forex]
            .into_iter()
            .chain([&self.registrar, &self.agent, &self.debtor, &self.warehouse, &self.laboratory])
            .chain(self.enterprises.iter().chain(&self.platforms).chain(&self.carriers).chain(&self.payments))
    }

    /// The member with a nickname, such as `bank-a`.
    pub fn by_nick(&self, nick: &str) -> Option<&MemberSigner> {
        self.members().find(|member| member.nick == nick)
    }

    /// The member with an id.
    pub fn by_id(&self, id: &MemberId) -> Option<&MemberSigner> {
        self.members().find(|member| member.id == *id)
    }

    /// Nodes of the first four validators.
    pub fn validators(&self) -> &[NodeKeys] {
        &self.nodes[..4]
    }

    /// Node of the second bank, which follows.
    pub fn follower(&self) -> &NodeKeys {
        &self.nodes[4]
    }

    /// The sixth node, for a change of validators.
    pub fn spare(&self) -> &NodeKeys {
        &self.nodes[5]
    }
}

enum Code<'a> {
    /// Department and kind of organisation, serial below 1000.
    Chinese(&'a str, u64),
    /// Its id.
    Abroad(&'a str),
}

struct Maker {
    seed: u64,
}

impl Maker {
    fn numbered(
        &self,
        stem: &str,
        n: usize,
        first: u64,
        names: [&str; 2],
        role: Role,
    ) -> Result<MemberSigner, WorldError> {
        let number = n.to_string();
        let names = names.map(|name| name.replace("{}", &number));
        let serial = first + u64::try_from(n).map_err(|_| WorldError::Range("a serial number"))?;
        self.member(&format!("{stem}-{n}"), Code::Chinese("91", serial), [&names[0], &names[1]], &[role])
    }

    fn member(&self, nick: &str, code: Code<'_>, names: [&str; 2], roles: &[Role]) -> Result<MemberSigner, WorldError> {
        let key = |purpose: &str| MemorySigner::from_seed(&derive(self.seed, &format!("member/{nick}/{purpose}")).0);
        let id = match code {
            // Three digits of the seed, so that two test networks have other members.
            Code::Chinese(kind, serial) => uscc(kind, number(self.seed, "uscc", 1000) * 1000 + serial)?.to_string(),
            Code::Abroad(id) => id.to_owned(),
        };
        let customs_code = match code {
            Code::Chinese(_, serial) if roles.iter().any(|role| FILERS.contains(role)) => {
                Some(format!("99999X{serial:04}"))
            }
            _ => None,
        };
        let registers = |role| roles.contains(&role);
        Ok(MemberSigner {
            nick: nick.to_owned(),
            id: MemberId::parse(&id).ok_or(WorldError::Range("a member id"))?,
            names: [("zh-CN", names[0]), ("en", names[1])].map(|(tag, name)| (tag.to_owned(), name.to_owned())).into(),
            roles: roles.iter().copied().collect(),
            customs_code: customs_code
                .map(|text| CustomsCode::parse(&text).map_err(|_| WorldError::Range("a customs code")))
                .transpose()?,
            record: key("record"),
            api: key("api"),
            maker: registers(Role::Bank).then(|| key("maker")),
            checker: registers(Role::Bank).then(|| key("checker")),
            attest: registers(Role::Registrar).then(|| key("attest")),
        })
    }
}
