//! Certificates, in memory, to a writer, or to a file.

use std::{
    io::{self, Write as _},
    path::Path,
    time::Duration,
};

use bytes::Bytes;
use hb_bls_gen::{BookingId, Operation};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::Bookings;
use crate::{Error, ErrorKind, Result, error::PDF_ENDS_EARLY, pipeline::Call};

/// The wait after the first check for a certificate. Each further wait is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(60);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// The end of a PDF, and how far from the end of the file readers look for it.
const END: &[u8] = b"%%EOF";
const TAIL: usize = 1024;

impl Bookings<'_> {
    /// Downloads the certificate, a PDF of up to 64 MiB. API: `GET /bookings/{id}/certificate`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::CertificateNotReady`] until the training is completed and the kit has been returned.
    /// [`ErrorKind::Decode`] if the response is not a PDF, or not a complete one.
    pub async fn certificate(self, id: BookingId) -> Result<Bytes> {
        self.client.run(Operation::DownloadCertificate, move |call| download(call, id)).await
    }

    /// Downloads the certificate and then writes it.
    ///
    /// # Errors
    ///
    /// Those of [`certificate`](Self::certificate), and [`ErrorKind::File`] if the writer fails.
    pub async fn write_certificate(self, id: BookingId, writer: &mut (impl AsyncWrite + Unpin)) -> Result<()> {
        let pdf = self.certificate(id).await?;
        let written = async {
            writer.write_all(&pdf).await?;
            writer.flush().await
        };
        written.await.map_err(|cause| Error::file(None, cause))
    }

    /// Downloads the certificate and saves it as a file, which replaces an existing one. The file is never incomplete.
    ///
    /// # Errors
    ///
    /// Those of [`certificate`](Self::certificate), and [`ErrorKind::File`] if the file cannot be written.
    pub async fn save_certificate(self, id: BookingId, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref().to_owned();
        let pdf = self.certificate(id).await?;
        let failed = path.clone();
        tokio::task::spawn_blocking(move || save(&path, &pdf))
            .await
            .unwrap_or_else(|_| Err(io::Error::other("writing was interrupted")))
            .map_err(|cause| Error::file(Some(&failed), cause))
    }

    /// Waits until the certificate is ready, and downloads it. It checks at once, then after waits of one, two, four
    /// minutes and so on up to 15 minutes, until the limit is reached. With a webhook for
    /// `booking.certificate_available` you need not wait like this.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::CertificateNotReady`] if the certificate is not ready within the limit.
    pub async fn wait_for_certificate(self, id: BookingId, limit: Duration) -> Result<Bytes> {
        let clock = self.client.pipeline.clock();
        let began = clock.now();
        let mut wait = FIRST_WAIT;
        loop {
            let not_ready = match self.certificate(id).await {
                Err(error) if error.kind() == ErrorKind::CertificateNotReady => error,
                outcome => return outcome,
            };
            let passed = Duration::try_from(clock.now().duration_since(began)).unwrap_or_default();
            let left = limit.saturating_sub(passed);
            if left.is_zero() {
                return Err(not_ready);
            }
            clock.sleep(wait.min(left)).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
}

/// Interprets the portal's refusal of a certificate.
pub(in crate::resources) fn not_ready(error: Error) -> Error {
    let is_not_ready = error.is_rejected() && error.status() == Some(422);
    if is_not_ready { error.with_kind(ErrorKind::CertificateNotReady) } else { error }
}

async fn download(call: Call, id: BookingId) -> Result<Bytes> {
    let unreadable = |reason| call.unreadable(reason);
    let pdf = call.bytes(|raw| raw.download_certificate().id(id).request()).await?;
    if !pdf.starts_with(b"%PDF-") {
        return Err(unreadable("it is not a PDF"));
    }
    // a response without a length ends where the connection ends, wherever that is
    if !pdf[pdf.len().saturating_sub(TAIL)..].windows(END.len()).any(|bytes| bytes == END) {
        return Err(unreadable(PDF_ENDS_EARLY));
    }
    Ok(pdf)
}

/// Writes a temporary file in the same folder, then renames it.
fn save(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
