//! `cargo xtask pull`: against a site on loopback in the format of the portal, well-behaved and not; and what is
//! reviewed after one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;
mod copy;
mod failing;
mod portal;
mod pulling;
mod reviewed;
mod server;
mod updating;

use std::collections::BTreeMap;

use serde_json::Value;
use xtask::pull::{self, Preference, Pulled, Request, source::Limits};

use crate::{
    portal::{Folders, site},
    server::{Response, Server},
};

fn request(from: &str) -> Request {
    Request { from: from.to_owned(), folder: portal::FOLDER.to_owned(), prefer: None, limits: Limits::default() }
}

fn pulled(from: &str) -> anyhow::Result<Pulled> {
    pull::pull(&request(from), &common::published(), &mut |_| {})
}

/// The one line that a person would see.
fn error(request: &Request) -> String {
    format!("{:#}", pull::pull(request, &common::published(), &mut |_| {}).unwrap_err())
}

/// The site of a document, on a server, with links as the portal writes them.
fn served(document: &Value, folders: Folders) -> Server {
    served_with(document, folders, |_, _| {})
}

/// The same, after something happened to the responses; they are told where the server is.
fn served_with(
    document: &Value,
    folders: Folders,
    change: impl FnOnce(&mut BTreeMap<String, Response>, &str),
) -> Server {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let files = site(document, &url, folders);
    let mut responses = files.into_iter().map(|(path, text)| (path, Response::Page(text))).collect();
    change(&mut responses, &url);
    Server::serve(listener, responses)
}

/// The path of the page of an operation, by its summary.
fn path_of(responses: &BTreeMap<String, Response>, slug: &str) -> String {
    responses.keys().find(|path| path.starts_with(&format!("/{slug}-")) && path.ends_with("e0.md")).unwrap().clone()
}
