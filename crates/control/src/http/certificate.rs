//! The certificate: made at first start, kept in the state directory, trusted by whoever is given its file.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Why there is no certificate to serve with.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file of it cannot be read or written.
    #[error("the certificate file {path} cannot be used; check its permissions")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No new one could be made.
    #[error("no certificate could be made")]
    Make(#[source] rcgen::Error),
    /// What is there is no certificate with its key.
    #[error("the files in {directory} are no certificate with its key; remove them to have new ones made")]
    Unusable {
        /// Where they are.
        directory: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A certificate with its key.
pub struct Certificate {
    config: Arc<ServerConfig>,
    path: PathBuf,
}

impl Certificate {
    /// The certificate kept in a directory as `cert.pem` and `key.pem` (only for its owner), made for `names` (host
    /// names and addresses) when it is not there yet.
    pub fn open(directory: &Path, names: &[String]) -> Result<Self, CertificateError> {
        let (certificate, key) = (directory.join("cert.pem"), directory.join("key.pem"));
        if !certificate.exists() || !key.exists() {
            let made = rcgen::generate_simple_self_signed(names).map_err(CertificateError::Make)?;
            fs::create_dir_all(directory).map_err(at(directory))?;
            // The certificate comes last: it is there only when its key is.
            let _ = fs::remove_file(&certificate);
            write(&key, 0o600, &made.signing_key.serialize_pem())?;
            write(&certificate, 0o644, &made.cert.pem())?;
        }
        let pems = (fs::read(&certificate).map_err(at(&certificate))?, fs::read(&key).map_err(at(&key))?);
        let config = configure(&pems.0, &pems.1)
            .map_err(|source| CertificateError::Unusable { directory: directory.to_owned(), source })?;
        Ok(Self { config: Arc::new(config), path: certificate })
    }

    /// The file that clients need in order to trust this server.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn server_config(&self) -> Arc<ServerConfig> {
        self.config.clone()
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> CertificateError {
    let path = path.to_owned();
    |source| CertificateError::File { path, source }
}

fn write(path: &Path, mode: u32, text: &str) -> Result<(), CertificateError> {
    let _ = fs::remove_file(path);
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(mode).open(path).map_err(at(path))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(at(path))
}

fn configure(
    certificate: &[u8],
    key: &[u8],
) -> Result<ServerConfig, Box<dyn std::error::Error + Send + Sync>> {
    let chain = CertificateDer::pem_slice_iter(certificate).collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(key)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = builder.with_no_client_auth().with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
