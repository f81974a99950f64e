//! Starting and stopping the nodes of a network as real processes on free loopback ports.

use node::config::{NodeConfig, NodeKeys, PeerConfig, WitnessConfig};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Why a network did not start.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// A file or a process.
    #[error("{what}: {error}")]
    Io {
        /// What was done.
        what: String,
        /// What happened.
        error: std::io::Error,
    },
    /// A configuration could not be written.
    #[error("{0}")]
    Form(String),
    /// A node is not ready in time.
    #[error("node {node} is not ready after {seconds} s; its log is {log}")]
    NotReady {
        /// Its name.
        node: String,
        /// How long was waited.
        seconds: u64,
        /// Its log.
        log: String,
    },
}

fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> LaunchError {
    let what = what.into();
    move |error| LaunchError::Io { what, error }
}

/// Keys of a node, as it is planned.
pub struct NodePlan {
    /// The member that runs it.
    pub member: String,
    /// Its keys.
    pub keys: NodeKeys,
    /// Its network public key, base64url.
    pub peer_key: String,
}

/// Addresses of a node.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// For clients.
    pub api: SocketAddr,
    /// For the operator.
    pub admin: SocketAddr,
    /// For consensus.
    pub consensus: SocketAddr,
    /// For transactions.
    pub data_plane: SocketAddr,
}

/// A node of the network.
pub struct RunningNode {
    /// The member that runs it.
    pub member: String,
    /// Its addresses.
    pub ports: Ports,
    /// Its folder.
    pub folder: PathBuf,
    binary: PathBuf,
    child: Option<Child>,
}

/// A network on this machine. Dropping it kills every node.
pub struct Network {
    /// Its folder.
    pub folder: PathBuf,
    /// The genesis file.
    pub genesis: PathBuf,
    /// Its nodes, in the order of the plan.
    pub nodes: Vec<RunningNode>,
}

/// Ports that are free now. All are held until the last is found, so that none is given twice.
///
/// # Errors
/// The machine has none left.
pub fn free_ports(count: usize) -> Result<Vec<SocketAddr>, LaunchError> {
    let held: Result<Vec<TcpListener>, _> =
        (0..count).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).collect();
    let held = held.map_err(io("finding free ports"))?;
    held.iter().map(|l| l.local_addr().map_err(io("finding free ports"))).collect()
}

/// The `sealane` binary: beside the running program, or one folder up (tests).
///
/// # Errors
/// It is not there; the sentence says how to build it.
pub fn sealane_binary() -> Result<PathBuf, LaunchError> {
    if let Some(path) = std::env::var_os("SEALANE_BIN") {
        return Ok(path.into());
    }
    let own = std::env::current_exe().map_err(io("finding this program"))?;
    own.ancestors()
        .skip(1)
        .take(3)
        .map(|folder| folder.join("sealane"))
        .find(|path| path.is_file())
        .ok_or_else(|| LaunchError::Form("the sealane binary is not beside this program: cargo build --release".into()))
}

impl Network {
    /// Writes the files of a network into a folder. Nothing is started.
    ///
    /// # Errors
    /// A file cannot be written or ports cannot be had.
    pub fn prepare(folder: &Path, genesis: &[u8], plans: &[NodePlan]) -> Result<Network, LaunchError> {
        Network::prepare_watched(folder, genesis, plans, &[])
    }

    /// The same, of nodes that ask outside witnesses.
    ///
    /// # Errors
    /// As [`Network::prepare`].
    pub fn prepare_watched(
        folder: &Path,
        genesis: &[u8],
        plans: &[NodePlan],
        witnesses: &[WitnessConfig],
    ) -> Result<Network, LaunchError> {
        std::fs::create_dir_all(folder).map_err(io(folder.display().to_string()))?;
        let genesis_path = folder.join("genesis.json");
        write(&genesis_path, genesis)?;
        let ports: Vec<Ports> = free_ports(plans.len() * 4)?
            .chunks_exact(4)
            .map(|p| Ports { api: p[0], admin: p[1], consensus: p[2], data_plane: p[3] })
            .collect();
        let peer = |(plan, ports): (&NodePlan, &Ports)| PeerConfig {
            member: plan.member.clone(),
            key: plan.peer_key.clone(),
            consensus: ports.consensus,
            data_plane: ports.data_plane,
        };
        let peers: Vec<PeerConfig> = plans.iter().zip(&ports).map(peer).collect();
        let binary = sealane_binary()?;
        let mut nodes = Vec::new();
        for (plan, ports) in plans.iter().zip(&ports) {
            let own = folder.join(&plan.member);
            std::fs::create_dir_all(&own).map_err(io(own.display().to_string()))?;
            let config = NodeConfig {
                member: plan.member.clone(),
                genesis: genesis_path.clone(),
                data: "data".into(),
                keys: "keys.toml".into(),
                api: ports.api,
                admin: ports.admin,
                consensus: ports.consensus,
                data_plane: ports.data_plane,
                peers: peers.iter().filter(|p| p.member != plan.member).cloned().collect(),
                keep_versions: None,
                witnesses: witnesses.to_vec(),
                log_json: false,
            };
            let text = |e: toml::ser::Error| LaunchError::Form(e.to_string());
            write(&own.join("node.toml"), toml::to_string(&config).map_err(text)?.as_bytes())?;
            write(&own.join("keys.toml"), toml::to_string(&plan.keys).map_err(text)?.as_bytes())?;
            restrict(&own.join("keys.toml"))?;
            nodes.push(RunningNode {
                member: plan.member.clone(),
                ports: *ports,
                folder: own,
                binary: binary.clone(),
                child: None,
            });
        }
        Ok(Network { folder: folder.to_owned(), genesis: genesis_path, nodes })
    }

    /// The node of a member.
    pub fn node(&mut self, member: &str) -> Option<&mut RunningNode> {
        self.nodes.iter_mut().find(|node| node.member == member)
    }

    /// Starts every node and waits until each is ready.
    ///
    /// # Errors
    /// A node does not start, or is not ready in time.
    pub async fn start(&mut self) -> Result<(), LaunchError> {
        for node in &mut self.nodes {
            node.start()?;
        }
        for node in &mut self.nodes {
            node.wait_ready(Duration::from_secs(30)).await?;
        }
        Ok(())
    }

    /// Stops every node in order: SIGTERM, then SIGKILL for whoever takes longer than five seconds.
    pub fn stop(&mut self) {
        for node in &self.nodes {
            node.signal("TERM");
        }
        let deadline = Instant::now() + Duration::from_secs(5);
        for node in &mut self.nodes {
            while node.is_running() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(20));
            }
            node.kill();
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            node.kill();
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), LaunchError> {
    std::fs::write(path, bytes).map_err(io(path.display().to_string()))
}

fn restrict(path: &Path) -> Result<(), LaunchError> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(io(path.display().to_string()))
}

impl RunningNode {
    /// Its log file.
    pub fn log(&self) -> PathBuf {
        self.folder.join("node.log")
    }

    /// Base address of its API.
    pub fn url(&self) -> String {
        format!("http://{}", self.ports.api)
    }

    /// Starts the process; its log goes on in the same file.
    ///
    /// # Errors
    /// The process cannot be started.
    pub fn start(&mut self) -> Result<(), LaunchError> {
        let log = std::fs::File::options().create(true).append(true).open(self.log()).map_err(io("opening a log"))?;
        let copy = log.try_clone().map_err(io("opening a log"))?;
        let child = Command::new(&self.binary)
            .arg("node")
            .arg("--config")
            .arg(self.folder.join("node.toml"))
            .stdin(Stdio::null())
            .stdout(copy)
            .stderr(log)
            .spawn()
            .map_err(io(format!("starting {}", self.binary.display())))?;
        self.child = Some(child);
        Ok(())
    }

    /// Its process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Whether the process runs.
    pub fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Sends a signal by name, such as `STOP`.
    pub fn signal(&self, name: &str) {
        if let Some(pid) = self.pid() {
            let _ = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).stderr(Stdio::null()).status();
        }
    }

    /// Kills the process as a power cut would, except for the disk.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Waits until `/readyz` says so.
    ///
    /// # Errors
    /// It does not in time.
    pub async fn wait_ready(&mut self, within: Duration) -> Result<(), LaunchError> {
        let url = format!("http://{}/readyz", self.ports.admin);
        let client = reqwest::Client::new();
        let deadline = Instant::now() + within;
        loop {
            if let Ok(answer) = client.get(&url).timeout(Duration::from_secs(2)).send().await
                && answer.status().is_success()
            {
                return Ok(());
            }
            if Instant::now() > deadline || !self.is_running() {
                return Err(LaunchError::NotReady {
                    node: self.member.clone(),
                    seconds: within.as_secs(),
                    log: self.log().display().to_string(),
                });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
