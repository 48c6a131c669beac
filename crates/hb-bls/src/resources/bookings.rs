use std::{io::Write as _, path::Path, sync::Arc};

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt as _;
use hb_bls_gen::{BookingId, BookingStatus, CourseId, Date, Operation};

use super::{
    paging::{Fetched, Items, Pages, Position, Source},
    resource,
};
use crate::{
    Client, Error, Result,
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
    /// Asks for the account's bookings. API: `GET /bookings`.
    pub fn list(&self) -> BookingQuery {
        BookingQuery { client: self.client.clone(), filters: Filters::default() }
    }

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
            .map_err(|cause| Error::File { path: failed, cause: Arc::new(cause) })
    }
}

/// A question for bookings. From [`Bookings::list`]. The filters are assumed, so check what comes back.
#[derive(Debug, Clone)]
#[must_use = "nothing is asked before the stream is polled"]
pub struct BookingQuery {
    client: Client,
    filters: Filters,
}

#[derive(Clone, Default)]
struct Filters {
    status: Option<BookingStatus>,
    course_id: Option<CourseId>,
    date_from: Option<Date>,
    date_to: Option<Date>,
    search: Option<String>,
    per_page: Option<u32>,
}

/// Leaves out what was searched for: it may be a candidate's name.
impl std::fmt::Debug for Filters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Filters")
            .field("status", &self.status)
            .field("course_id", &self.course_id)
            .finish_non_exhaustive()
    }
}

impl BookingQuery {
    /// Only bookings with this status.
    pub fn status(mut self, status: BookingStatus) -> Self {
        self.filters.status = Some(status);
        self
    }

    /// Only bookings of this course.
    pub fn course_id(mut self, course_id: CourseId) -> Self {
        self.filters.course_id = Some(course_id);
        self
    }

    /// Only bookings on this day or later.
    pub fn date_from(mut self, date: Date) -> Self {
        self.filters.date_from = Some(date);
        self
    }

    /// Only bookings on this day or earlier.
    pub fn date_to(mut self, date: Date) -> Self {
        self.filters.date_to = Some(date);
        self
    }

    /// Only bookings whose candidate matches.
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.filters.search = Some(text.into());
        self
    }

    /// Fetches so many at a time: 1 to 100, 20 unless told.
    pub fn per_page(mut self, entries: u32) -> Self {
        self.filters.per_page = Some(entries);
        self
    }

    /// The bookings, from the first.
    pub fn items(self) -> Items<Booking> {
        self.items_from(Position::default())
    }

    /// The bookings, from where an earlier walk stood.
    pub fn items_from(self, position: Position) -> Items<Booking> {
        Items::new(self.source(), position)
    }

    /// The bookings by page, from a page on.
    pub fn pages(self, first: u32) -> Pages<Booking> {
        Pages::new(self.source(), first)
    }

    fn source(self) -> Source<Booking> {
        Source {
            operation: Operation::ListBookings.id(),
            id: |booking| Some(booking.id.get()),
            fetch: Arc::new(move |page| {
                let query = self.clone();
                Box::pin(async move { query.fetch(page).await })
            }),
        }
    }

    async fn fetch(&self, page: u32) -> Result<Fetched<Booking>> {
        let call = self.client.pipeline.call(Operation::ListBookings);
        let mut request = call.raw.list_bookings().page(i64::from(page));
        let filters = self.filters.clone();
        if let Some(status) = filters.status {
            request = request.status(status);
        }
        if let Some(course_id) = filters.course_id {
            request = request.course_id(course_id);
        }
        if let Some(date) = filters.date_from {
            request = request.date_from(date);
        }
        if let Some(date) = filters.date_to {
            request = request.date_to(date);
        }
        if let Some(text) = filters.search {
            request = request.search(text);
        }
        if let Some(per_page) = filters.per_page {
            request = request.per_page(i64::from(per_page));
        }
        let answer = request.send().await;
        Fetched::new(call.finish_json(answer)?, page, |list| call.read(list))
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
