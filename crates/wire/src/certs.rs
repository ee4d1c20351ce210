//! The certificates of a group: an authority of its own, and one for each process.
//!
//! Who a process is stands in its certificate as a name, `p3.00000000000000a7.quorate` for the
//! process 3 of the cluster `a7`. Whoever has the authority's key can make more of them, so it
//! belongs to none of the processes: each needs `ca.pem` and its own two files.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::client::danger::ServerCertVerifier;
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use time::{Duration, OffsetDateTime};

use crate::error::Error;

/// How long a certificate is good, in days: ten years.
const DAYS: i64 = 3652;
/// How far the clocks of two machines may be apart when the certificates are made.
const CLOCKS_DAYS: i64 = 1;

const AUTHORITY: &str = "ca.pem";
const AUTHORITY_KEY: &str = "ca.key";

/// What a process shows, and whom it trusts.
#[derive(Clone, Debug)]
pub struct Identity {
    pub(crate) me: u16,
    pub(crate) cluster: u64,
    pub(crate) client: Arc<ClientConfig>,
    pub(crate) server: Arc<ServerConfig>,
}

/// The name of a process in its certificate.
pub fn name(cluster: u64, process: u16) -> String {
    format!("p{process}.{cluster:016x}.quorate")
}

fn certificate_file(process: u16) -> String {
    format!("p{process}.pem")
}

fn key_file(process: u16) -> String {
    format!("p{process}.key")
}

/// Makes an authority and the certificates of `n` processes, good for ten years, and writes them
/// into a folder: `ca.pem`, `ca.key`, `p0.pem`, `p0.key` and so on. Only the owner can read the
/// keys.
///
/// # Errors
/// If one of the files is there already, and then nothing is written; or if the system says no.
pub fn make(folder: &Path, cluster: u64, n: u16) -> Result<(), Error> {
    let names = (0..n).flat_map(|process| [certificate_file(process), key_file(process)]);
    let mut all = [AUTHORITY.to_string(), AUTHORITY_KEY.to_string()].into_iter().chain(names);
    if let Some(there) = all.find(|name| folder.join(name).symlink_metadata().is_ok()) {
        let what = "it is there already, and is not replaced: take another folder".into();
        return Err(Error::Certificate { file: folder.join(there), what });
    }
    let failed = |doing| move |source| Error::File { doing, file: folder.into(), source };
    DirBuilder::new().recursive(true).create(folder).map_err(failed("make the folder"))?;
    let made = |error: rcgen::Error| {
        let what = format!("no certificate can be made for it: {error}");
        Error::Certificate { file: folder.into(), what }
    };
    let (authority, issuer) = authority(cluster).map_err(made)?;
    write(folder, AUTHORITY_KEY, true, &issuer.key().serialize_pem())?;
    write(folder, AUTHORITY, false, &authority)?;
    for process in 0..n {
        let (certificate, key) = certificate(&name(cluster, process), &issuer).map_err(made)?;
        write(folder, &key_file(process), true, &key)?;
        write(folder, &certificate_file(process), false, &certificate)?;
    }
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("sync the folder"))
}

/// What is in every certificate.
fn params(names: Vec<String>, shown: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, shown);
    params.not_before = OffsetDateTime::now_utc() - Duration::days(CLOCKS_DAYS);
    params.not_after = OffsetDateTime::now_utc() + Duration::days(DAYS);
    Ok(params)
}

fn authority(cluster: u64) -> Result<(String, Issuer<'static, KeyPair>), rcgen::Error> {
    let mut params = params(Vec::new(), &format!("the authority of {cluster:016x}"))?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), Issuer::new(params, key)))
}

fn certificate(name: &str, issuer: &Issuer<'_, KeyPair>) -> Result<(String, String), rcgen::Error> {
    let mut params = params(vec![name.into()], name)?;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, issuer)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// Writes a file that is not there.
fn write(folder: &Path, name: &str, secret: bool, text: &str) -> Result<(), Error> {
    let file = folder.join(name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if secret { 0o600 } else { 0o644 });
    let written = options.open(&file).and_then(|mut opened| {
        opened.write_all(text.as_bytes())?;
        opened.sync_all()
    });
    written.map_err(|source| Error::File { doing: "write", file, source })
}

/// Reads the certificates of a process, and looks whether they are its own and good today.
///
/// # Errors
/// If a file cannot be read, or is not what it should be.
pub fn load(folder: &Path, cluster: u64, me: u16) -> Result<Identity, Error> {
    let (authority_file, own_file) = (folder.join(AUTHORITY), folder.join(certificate_file(me)));
    let mut roots = RootCertStore::empty();
    for authority in certificates(&authority_file)? {
        roots.add(authority).map_err(|error| useless(&authority_file, &error))?;
    }
    let own = certificates(&own_file)?;
    let key_file = folder.join(key_file(me));
    let key = PrivateKeyDer::from_pem_file(&key_file).map_err(|error| unread(&key_file, error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = Arc::new(roots);
    let verifier = WebPkiServerVerifier::builder_with_provider(roots.clone(), provider.clone())
        .build()
        .map_err(|error| useless(&authority_file, &error))?;
    let name = server_name(cluster, me).map_err(|error| useless(&own_file, &error))?;
    verifier
        .verify_server_cert(&own[0], &own[1..], &name, &[], UnixTime::now())
        .map_err(|error| useless(&own_file, &error))?;
    let clients = WebPkiClientVerifier::builder_with_provider(roots, provider.clone())
        .build()
        .map_err(|error| useless(&authority_file, &error))?;
    let mut client = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| useless(&own_file, &error))?
        .with_webpki_verifier(verifier)
        .with_client_auth_cert(own.clone(), key.clone_key())
        .map_err(|error| useless(&key_file, &error))?;
    client.resumption = Resumption::disabled();
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| useless(&own_file, &error))?
        .with_client_cert_verifier(clients)
        .with_single_cert(own, key)
        .map_err(|error| useless(&key_file, &error))?;
    server.send_tls13_tickets = 0;
    Ok(Identity { me, cluster, client: Arc::new(client), server: Arc::new(server) })
}

/// The name that the certificate of a process has to have.
pub(crate) fn server_name(
    cluster: u64,
    process: u16,
) -> Result<ServerName<'static>, rustls::pki_types::InvalidDnsNameError> {
    ServerName::try_from(name(cluster, process))
}

/// All certificates of a file, of which there is at least one.
fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    let all: Vec<CertificateDer<'static>> = read.map_err(|error| unread(file, error))?;
    if all.is_empty() { Err(unread(file, pem::Error::NoItemsFound)) } else { Ok(all) }
}

fn unread(file: &Path, error: pem::Error) -> Error {
    match error {
        pem::Error::Io(source) => {
            let doing = match source.kind() {
                io::ErrorKind::NotFound => "find the certificates, which have to be made first, in",
                _ => "read",
            };
            Error::File { doing, file: file.into(), source }
        }
        error => useless(file, &format!("it is no PEM file of what it should be ({error:?})")),
    }
}

fn useless(file: &Path, why: &dyn std::fmt::Display) -> Error {
    let what = format!(
        "{why}; copy the file again from where the certificates of the cluster were made, or make \
         new ones for all processes"
    );
    Error::Certificate { file: file.into(), what }
}
