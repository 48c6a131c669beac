//! Assigns each change its level, which depends on where it occurs.
//!
//! A rule knows one keyword. What the keywords of a schema mean together is a set of values, and a client asks of sets:
//! does every value that was sent still fit, and does every value that is returned fit the old schema? Where that
//! is proved for whole schemas, no change of values inside them counts more than compatible, whatever their rules say.
//! Where the rules have found too little, and a value proves that the change is worse, that value is reported.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use serde_json::Value;

use crate::{
    change::{Change, Direction, Operation},
    level::{Audience, Level},
    new_change::change,
    rules::Rule,
    sets::{Prover, Schema, witness},
    side::Side,
    verbatim::show,
    walk::{Found, Mode, Node, NodeInfo, WalkResult},
};

struct Scales<'s, 'a> {
    old: &'s Side<'a>,
    new: &'s Side<'a>,
    nodes: &'s [NodeInfo<'a>],
    audience: Audience,
    request: Prover,
    response: Prover,
    strict_response: Prover,
    /// Whether the schemas of a node are proved to do no harm.
    harmless: HashMap<Node, bool>,
    /// Whether the schemas of a node are proved to say the same.
    same: HashMap<Node, bool>,
    /// The worst level of the changes of values, or of any others, that occur at some places.
    known: HashMap<(bool, BTreeSet<Node>), Level>,
}

/// The changes, with their levels and the operations they touch.
pub fn changes(walked: WalkResult<'_>, audience: Audience) -> Vec<Change> {
    let WalkResult { old, new, nodes, mut found } = walked;
    weigh(&old, &new, &nodes, &mut found, audience);
    let mut operations: Vec<&Operation> = nodes.iter().filter_map(|info| info.operation.as_ref()).collect();
    operations.sort();
    operations.dedup();
    let rank = |info: &NodeInfo| info.operation.as_ref().and_then(|known| operations.binary_search(&known).ok());
    let ranks: Vec<Option<usize>> = nodes.iter().map(rank).collect();
    // for each node, the number of the last search that visited it
    let mut visits = vec![0; nodes.len()];
    let mut known = HashMap::<BTreeSet<Node>, Vec<usize>>::new();
    let mut changes = Vec::with_capacity(found.len());
    for (visit, Found { mut change, nodes: start }) in (1..).zip(found.into_values()) {
        let touched = known.entry(start).or_insert_with_key(|start| {
            let (mut open, mut touched) = (Vec::from_iter(start.iter().copied()), BTreeSet::new());
            while let Some(node) = open.pop() {
                if std::mem::replace(&mut visits[node], visit) == visit {
                    continue;
                }
                match ranks[node] {
                    Some(rank) => _ = touched.insert(rank),
                    None => open.extend(&nodes[node].parents),
                }
            }
            touched.into_iter().collect()
        });
        change.operations = touched.iter().map(|rank| operations[*rank].clone()).collect();
        changes.push(change);
    }
    changes
}

/// Gives each change the level it has where it occurs, and adds what values prove.
fn weigh<'a>(
    old: &Side<'a>,
    new: &Side<'a>,
    nodes: &[NodeInfo<'a>],
    found: &mut BTreeMap<String, Found>,
    audience: Audience,
) {
    let (request, response) = (Prover::new(Direction::Request), Prover::new(Direction::Response));
    let strict_response = Prover::strict(Direction::Response);
    let (harmless, same, known) = (HashMap::new(), HashMap::new(), HashMap::new());
    let mut scales = Scales { old, new, nodes, audience, request, response, strict_response, harmless, same, known };
    for Found { change, nodes: met } in found.values_mut() {
        let is_refused = change.rule == Rule::RequestFieldRemoved && met.iter().any(|node| nodes[*node].is_closed);
        change.level = match audience {
            Audience::Client if is_refused => Level::Breaking,
            _ => change.rule.level_for(audience),
        };
        if change.level >= Level::Compatible {
            continue;
        }
        let is_of_values = change.rule.is_of_values();
        let most = scales.most(met, is_of_values);
        if is_of_values && most == Level::Compatible {
            change.sentence += match (change.direction, audience) {
                (Direction::Request, Audience::Client) => "; yet every value that was taken still is",
                (Direction::Request, Audience::Server) => "; yet nothing may be sent that could not be before",
                (_, Audience::Client) => "; yet nothing is returned that could not be before",
                (_, Audience::Server) => "; yet all that could be returned still can",
            };
        }
        change.level = change.level.max(most);
    }
    scales.rewritten(found);
    scales.surprises(found);
}

impl<'a> Scales<'_, 'a> {
    /// How bad a change that occurs at some places may be.
    fn most(&mut self, start: &BTreeSet<Node>, is_of_values: bool) -> Level {
        let key = (is_of_values, start.clone());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        // how far each is from where the change occurs
        let mut open: VecDeque<(Node, usize)> = start.iter().map(|node| (*node, 0)).collect();
        let (mut seen, mut most) = (HashSet::new(), Level::Compatible);
        while let Some((node, distance)) = open.pop_front() {
            if !seen.insert(node) {
                continue;
            }
            let info = &self.nodes[node];
            // without composition, a part that does harm nearly always does harm to the whole
            let may_be_harmless = is_of_values && (info.is_composed || distance < 2);
            match () {
                () if info.is_unused => most = Level::Risky,
                () if may_be_harmless && self.is_harmless(node) => {}
                () if info.parents.is_empty() => {
                    most = Level::Breaking;
                    break;
                }
                () => open.extend(info.parents.iter().map(|parent| (*parent, distance + 1))),
            }
        }
        self.known.insert(key, most);
        most
    }

    /// Whether it is the old values that must fit the new schema, and not the new ones the old.
    fn is_old_first(&self, mode: Mode) -> bool {
        (mode.direction == Direction::Request) == (self.audience == Audience::Client)
    }

    /// Whether every value that was sent still fits, or every value that is returned fits what was said before.
    fn is_harmless(&mut self, node: Node) -> bool {
        let Some((old, new, mode)) = self.nodes[node].pair else { return false };
        // for exclusions and conditions the direction would have to be reversed
        if mode.cover.is_some() {
            return false;
        }
        if let Some(known) = self.harmless.get(&node) {
            return *known;
        }
        let (old, new) = (Schema::new(self.old, old), Schema::new(self.new, new));
        let (one, other) = if self.is_old_first(mode) { (old, new) } else { (new, old) };
        let found = match mode.direction {
            Direction::Request => self.request.proves(one, other),
            Direction::Response => self.response.proves(one, other),
            Direction::Both => false,
        };
        self.harmless.insert(node, found);
        found
    }

    /// Reports schemas that mean the same as a whole, instead of the differences in how they say it.
    fn rewritten(&mut self, found: &mut BTreeMap<String, Found>) {
        // a field that is new or gone is always reported, in both directions
        let is_of_values = |found: &Found| {
            let rule = found.change.rule;
            rule.is_of_values() && rule.mirrors().iter().all(|mirror| mirror.is_of_values())
        };
        let open = found.iter().filter(|(_, found)| is_of_values(found) && found.change.level == Level::Compatible);
        let met: Vec<(String, BTreeSet<Node>)> =
            open.map(|(print, found)| (print.clone(), found.nodes.clone())).collect();
        for (print, nodes) in met {
            let Some(rewritten) = self.rewritten_at(&nodes) else { continue };
            found.remove(&print);
            for node in rewritten {
                let info = &self.nodes[node];
                let Some((old, new, mode)) = info.pair else { continue };
                let sentence = format!("{} says the same in another way", info.name);
                let (place, values) = ((Some(old), Some(new)), (Some(old.clone()), Some(new.clone())));
                let change =
                    change((self.old, self.new), Rule::SchemaRewritten, mode.direction, place, values, &sentence);
                let entry = found.entry(change.fingerprint.clone());
                entry.or_insert(Found { change, nodes: BTreeSet::new() }).nodes.insert(node);
            }
        }
    }

    /// The schemas that mean the same, if every path from the given places leads through one of them.
    fn rewritten_at(&mut self, start: &BTreeSet<Node>) -> Option<BTreeSet<Node>> {
        let mut open: VecDeque<Node> = start.iter().copied().collect();
        let (mut seen, mut found) = (HashSet::new(), BTreeSet::new());
        while let Some(node) = open.pop_front() {
            let info = &self.nodes[node];
            if !seen.insert(node) {
                continue;
            }
            match () {
                () if (info.is_composed || start.contains(&node)) && self.says_the_same(node) => _ = found.insert(node),
                () if info.parents.is_empty() => return None,
                () => open.extend(&info.parents),
            }
        }
        Some(found)
    }

    fn says_the_same(&mut self, node: Node) -> bool {
        let Some((old, new, mode)) = self.nodes[node].pair.filter(|(.., mode)| mode.cover.is_none()) else {
            return false;
        };
        if let Some(known) = self.same.get(&node) {
            return *known;
        }
        let (old, new) = (Schema::new(self.old, old), Schema::new(self.new, new));
        let prover = match mode.direction {
            Direction::Request => &mut self.request,
            Direction::Response => &mut self.strict_response,
            Direction::Both => return false,
        };
        let found = prover.proves(old, new) && prover.proves(new, old);
        self.same.insert(node, found);
        found
    }

    /// Looks for values that prove a change worse than what the rules have found.
    fn surprises(&mut self, found: &mut BTreeMap<String, Found>) {
        let mut worst = BTreeMap::<Node, Level>::new();
        for found in found.values().filter(|found| found.change.level != Level::Cosmetic) {
            self.note(&mut worst, &found.nodes, found.change.level);
        }
        let composed: Vec<Node> = worst.keys().copied().filter(|node| self.nodes[*node].is_composed).collect();
        // schemas inside others come after them
        for node in composed.into_iter().rev() {
            let Some((old, new, mode)) = self.nodes[node].pair else { continue };
            let Some((rule, example)) = self.surprise(node, (old, new), mode, worst.get(&node).copied()) else {
                continue;
            };
            let what = match rule {
                Rule::RequestValuesRefused => "a value that was taken is refused",
                Rule::RequestValuesUnforeseen => "a value may be sent that could not be before",
                Rule::ResponseValuesRefused => "a value that could be returned no longer fits",
                _ => "a value may be returned that could not be before",
            };
            let sentence = format!("{what}, such as {}", show(&example));
            let place = (Some(old), Some(new));
            let mut change =
                change((self.old, self.new), rule, mode.direction, place, (None, Some(example)), &sentence);
            let nodes = BTreeSet::from([node]);
            change.level = change.level.max(self.most(&nodes, true));
            self.note(&mut worst, &nodes, change.level);
            let entry = found.entry(change.fingerprint.clone());
            entry.or_insert(Found { change, nodes: BTreeSet::new() }).nodes.insert(node);
        }
    }

    fn surprise(
        &mut self,
        node: Node,
        (old, new): (&'a Value, &'a Value),
        mode: Mode,
        worst: Option<Level>,
    ) -> Option<(Rule, Value)> {
        let is_reported = |rule: Rule| worst.is_some_and(|worst| worst <= rule.level());
        let (old, new) = (Schema::new(self.old, old), Schema::new(self.new, new));
        let rule = match (mode.direction, self.audience) {
            (Direction::Request, Audience::Client) => Rule::RequestValuesRefused,
            (Direction::Request, Audience::Server) => Rule::RequestValuesUnforeseen,
            (Direction::Response, Audience::Client) => Rule::ResponseValuesUnforeseen,
            (Direction::Response, Audience::Server) => Rule::ResponseValuesRefused,
            (Direction::Both, _) => return None,
        };
        let (one, other) = if self.is_old_first(mode) { (old, new) } else { (new, old) };
        if mode.cover.is_some() || is_reported(rule) || self.is_harmless(node) {
            return None;
        }
        witness(one, other, mode.direction).map(|example| (rule, example))
    }

    /// Notes a level at some places and at all that lead there.
    fn note(&self, worst: &mut BTreeMap<Node, Level>, start: &BTreeSet<Node>, level: Level) {
        let mut open = Vec::from_iter(start.iter().copied());
        while let Some(node) = open.pop() {
            let known = worst.entry(node).or_insert(Level::Cosmetic);
            if *known > level {
                *known = level;
                open.extend(&self.nodes[node].parents);
            }
        }
    }
}
