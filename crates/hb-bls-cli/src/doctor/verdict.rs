//! Whether the answers bear out what is assumed.

use hb_bls::raw::Operation;
use serde::Serialize;

use super::{
    assumptions::{Assumption, Claim, What},
    document::Document,
    evidence::{Counter, Evidence, Node, Response, Site},
    reach::{About, Reach},
};

/// What is to be said of an assumption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Something was seen to be otherwise.
    Refuted,
    /// Everything that reading can show was seen.
    Confirmed,
    /// Some of it was seen, and nothing to the contrary.
    Partly,
    /// Nothing was met that would tell.
    NotMet,
    /// Reading cannot tell.
    NotJudged,
}

/// An assumption and what came of it.
#[derive(Debug)]
pub struct Judged {
    pub assumption: Assumption,
    pub verdict: Verdict,
    /// How many claims were seen, and how many reading could show.
    pub seen: usize,
    pub judged: usize,
    /// What refutes it.
    pub counters: Vec<Counter>,
    /// What it is about where reading cannot tell.
    pub about: Option<About>,
}

enum State {
    Confirmed,
    Refuted(Counter),
    NotMet,
    Hidden(About),
}

/// Judges each assumption.
pub fn judge(
    assumptions: &[Assumption],
    document: &Document,
    evidence: &Evidence,
    called: &[Operation],
) -> Vec<Judged> {
    let reach = Reach::new(document, called);
    assumptions.iter().map(|assumption| one(assumption, evidence, &reach)).collect()
}

fn one(assumption: &Assumption, evidence: &Evidence, reach: &Reach) -> Judged {
    let (mut seen, mut not_met, mut about, mut counters) = (0, 0, None, Vec::new());
    for claim in &assumption.claims {
        match state(claim, evidence, reach) {
            State::Confirmed => seen += 1,
            State::NotMet => not_met += 1,
            State::Hidden(what) => about = about.or(Some(what)),
            State::Refuted(counter) if counters.contains(&counter) => {}
            State::Refuted(counter) => counters.push(counter),
        }
    }
    let verdict = match (counters.len(), seen, not_met) {
        (0, 0, 0) => Verdict::NotJudged,
        (0, 0, _) => Verdict::NotMet,
        (0, _, 0) => Verdict::Confirmed,
        (0, _, _) => Verdict::Partly,
        _ => Verdict::Refuted,
    };
    let judged = seen + not_met + counters.len();
    Judged { assumption: assumption.clone(), verdict, seen, judged, counters, about }
}

fn state(claim: &Claim, evidence: &Evidence, reach: &Reach) -> State {
    let hidden = reach.hidden(&claim.pointer);
    if claim.what == What::Beyond {
        return State::Hidden(hidden.unwrap_or(About::Requests));
    }
    if let Some(about) = hidden {
        return State::Hidden(about);
    }
    let node = evidence.nodes.get(&claim.pointer);
    let response = evidence.responses.get(&claim.pointer);
    match (node, response) {
        (Some(node), _) => of_schema(&claim.what, node),
        (_, Some(response)) => of_answer(&claim.what, response),
        (None, None) => State::NotMet,
    }
}

fn of_schema(what: &What, node: &Node) -> State {
    let refuted = |site: &Site, text: String| State::Refuted(Counter { site: site.clone(), text });
    let or_not_met = |seen: bool| if seen { State::Confirmed } else { State::NotMet };
    let counted = |counter: &Option<Counter>, seen: bool| match counter {
        Some(counter) => State::Refuted(counter.clone()),
        None => or_not_met(seen),
    };
    match what {
        What::Fits => counted(&node.broken, node.met > 0),
        What::Shape => counted(&node.unfit, node.met > 0),
        What::Null => or_not_met(node.nulls > 0),
        What::Required(name) => match node.members.get(name) {
            Some(member) if member.absent.is_none() => counted(&node.no_object, true),
            Some(member) => match &member.absent {
                Some(site) => refuted(site, "it is missing".to_owned()),
                None => State::NotMet,
            },
            None => counted(&node.no_object, false),
        },
        What::Property(name) => match node.members.get(name) {
            Some(member) if member.present > 0 => State::Confirmed,
            Some(member) => match &member.absent {
                Some(site) => refuted(site, "no answer has it".to_owned()),
                None => State::NotMet,
            },
            None => State::NotMet,
        },
        What::NoProperty(name) => match node.extra.get(name) {
            Some(site) => refuted(site, "it is there".to_owned()),
            None => or_not_met(node.objects > 0),
        },
        What::Word { word, .. } if node.words.contains(word) => State::Confirmed,
        What::Word { whole: true, .. } => match &node.unknown_word {
            Some(site) => refuted(site, "there is another value".to_owned()),
            None => State::NotMet,
        },
        _ => State::NotMet,
    }
}

fn of_answer(what: &What, response: &Response) -> State {
    match what {
        What::Answer => State::Confirmed,
        What::Media(media) => match response.types.iter().find(|(seen, _)| *seen != media) {
            Some((seen, site)) => {
                State::Refuted(Counter { site: site.clone(), text: format!("the media type is {seen}") })
            }
            None if response.types.is_empty() => State::NotMet,
            None => State::Confirmed,
        },
        What::Header(name) => match response.headers.get(name) {
            Some(header) => match &header.bad {
                Some(counter) => State::Refuted(counter.clone()),
                None => State::Confirmed,
            },
            None => State::NotMet,
        },
        What::Status(status) => match response.statuses.iter().find(|(seen, _)| u64::from(**seen) != *status) {
            Some((seen, site)) => State::Refuted(Counter { site: site.clone(), text: format!("the status is {seen}") }),
            None => State::Confirmed,
        },
        _ => State::NotMet,
    }
}
