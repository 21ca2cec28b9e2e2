//! TLS in front of a server, as every service of AWS has it.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::prelude::{BASE64_STANDARD, Engine};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs::default_provider,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use crate::Outcome;

/// The certificates that Debian trusts. A function reads them all before its first call.
const TRUSTED: &str = "/etc/ssl/certs/ca-certificates.crt";

/// A server that hands on what it decrypts. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Tls {
    pub(super) address: SocketAddr,
    /// The file of the certificates that a client is to trust: those of the machine, and the server's own.
    pub(super) trusted: PathBuf,
    task: AbortHandle,
}

impl Drop for Tls {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Puts TLS in front of a server. What a client is to trust is written into a folder.
pub(super) async fn before(server: SocketAddr, folder: &Path) -> Outcome<Tls> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()])?;
    let trusted = folder.canonicalize()?.join("trusted.pem");
    let own = BASE64_STANDARD.encode(cert.der());
    let own = format!("-----BEGIN CERTIFICATE-----\n{own}\n-----END CERTIFICATE-----\n");
    fs::write(&trusted, fs::read_to_string(TRUSTED)? + &own)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let accept = async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(converse(stream, acceptor.clone(), server));
        }
    };
    Ok(Tls { address, trusted, task: tokio::spawn(accept).abort_handle() })
}

async fn converse(stream: TcpStream, acceptor: TlsAcceptor, server: SocketAddr) {
    let _ = stream.set_nodelay(true);
    let (Ok(mut client), Ok(mut server)) = (acceptor.accept(stream).await, TcpStream::connect(server).await) else {
        return;
    };
    let _ = server.set_nodelay(true);
    let _ = copy_bidirectional(&mut client, &mut server).await;
}
