//! Deliveries over https, to a receiver whose certificate a private authority has signed.

use std::sync::Arc;
use std::time::Duration;

use hb_bls_sandbox::{DeliveryState, SandboxError};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::support::{Portal, START, frozen};

/// A receiver that answers 200, and the certificate of its authority.
async fn receiver() -> (String, String) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = authority.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(authority, key);
    let own = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&own, &issuer).unwrap();
    let key = PrivateKeyDer::try_from(own.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/hook", listener.local_addr().unwrap().port());
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut start = [0; 1_024];
            let _ = stream.read(&mut start).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
            let _ = stream.shutdown().await;
        }
    });
    (url, pem)
}

async fn deliver(portal: &Portal, url: &str) -> hb_bls_sandbox::DeliveryAttempt {
    let body = json!({ "name": "x", "url": url, "events": ["booking.created"] });
    portal.client.post("/webhooks", body).await.expect(201);
    portal.client.book("credits").await;
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    portal.sandbox.deliveries().await.unwrap().remove(0)
}

#[tokio::test]
async fn a_receiver_of_a_private_authority_is_trusted_when_asked_to() {
    let (url, pem) = receiver().await;
    let portal = Portal::with(frozen(START).webhook_authorities(pem.as_bytes()).unwrap()).await;
    let delivery = deliver(&portal, &url).await;
    assert_eq!((delivery.state, delivery.response_status), (DeliveryState::Delivered, Some(200)), "{delivery:?}");
}

#[tokio::test]
async fn an_unknown_authority_gets_nothing() {
    let (url, _) = receiver().await;
    let portal = Portal::start().await;
    let delivery = deliver(&portal, &url).await;
    assert_eq!(delivery.state, DeliveryState::Failed);
    assert!(delivery.error.as_deref().is_some_and(|error| error.contains("certificate")), "{delivery:?}");
}

#[test]
fn a_file_without_a_certificate_is_refused() {
    for text in ["", "hello"] {
        let refused = frozen(START).webhook_authorities(text.as_bytes());
        assert!(matches!(refused, Err(SandboxError::Refused(_))), "{text}");
    }
}
