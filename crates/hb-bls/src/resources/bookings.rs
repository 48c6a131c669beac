use std::{io::Write as _, path::Path};

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt as _;
use hb_bls_gen::{BookingId, Operation};

use super::resource;
use crate::{
    Error, Result,
    model::{Booking, BookingDetails, Hold, Unreadable},
    pipeline::network,
};

/// The longest certificate that is read.
const CERTIFICATE_LIMIT: usize = 64 * 1024 * 1024;

resource! {
    /// Bookings and certificates. From [`Client::bookings`](crate::Client::bookings).
    Bookings
}

impl Bookings<'_> {
    /// Books the timeslot of a hold, which is consumed by it. API: `POST /bookings`.
    ///
    /// # Errors
    ///
    /// [`Error::Rejected`] with messages by field if the details are refused; the hold then remains.
    /// After [`Error::Network`] or [`Error::Server`] the booking may have been made.
    pub async fn create(&self, hold: &Hold, details: &BookingDetails) -> Result<Booking> {
        let call = self.client.pipeline.call(Operation::CreateBooking);
        let answer = call.raw.create_booking().body(details.to_request(hold.hold_hash.clone())).send().await;
        call.finish_as(answer)
    }

    /// One booking. API: `GET /bookings/{id}`.
    pub async fn get(&self, id: BookingId) -> Result<Booking> {
        let call = self.client.pipeline.call(Operation::GetBooking);
        let answer = call.raw.get_booking().id(id).send().await;
        call.finish_as(answer)
    }

    /// The certificate, a PDF. API: `GET /bookings/{id}/certificate`.
    ///
    /// # Errors
    ///
    /// [`Error::CertificateNotReady`] until the training is completed and the kit is back.
    pub async fn certificate(&self, id: BookingId) -> Result<Bytes> {
        let call = self.client.pipeline.call(Operation::DownloadCertificate);
        let answer = call.raw.download_certificate().id(id).send().await;
        let mut pieces = call.finish(answer)?.into_inner();
        let mut pdf = BytesMut::new();
        while let Some(piece) =
            pieces.try_next().await.map_err(|error| network(Operation::DownloadCertificate, error))?
        {
            pdf.extend_from_slice(&piece);
            if pdf.len() > CERTIFICATE_LIMIT {
                return Err(call.unreadable(Unreadable { path: ".".into(), reason: "it is far too long" }));
            }
        }
        if !pdf.starts_with(b"%PDF-") {
            return Err(call.unreadable(Unreadable { path: ".".into(), reason: "it is not a PDF" }));
        }
        Ok(pdf.freeze())
    }

    /// Saves the certificate as a file, replacing one that is there. The file is whole or not there at all.
    ///
    /// # Errors
    ///
    /// As [`certificate`](Self::certificate), and [`Error::File`].
    pub async fn save_certificate(&self, id: BookingId, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref().to_owned();
        let pdf = self.certificate(id).await?;
        let failed = path.clone();
        tokio::task::spawn_blocking(move || save(&path, &pdf))
            .await
            .unwrap_or_else(|_| Err(std::io::Error::other("writing was interrupted")))
            .map_err(|cause| Error::File { path: failed, cause })
    }
}

/// Writes beside the file, then renames.
fn save(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
