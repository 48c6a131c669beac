//! The walk through both documents at once: what it keeps, and how it reports.
//!
//! Pairs of schemas are queued, each once for a way in which it is used, so that circles end and long chains of
//! references need no stack. Each pair knows from which it was reached, and so which operations a change touches.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

use crate::{
    address::{AddressMap, AddressSet},
    change::{Change, Direction, Operation},
    level::Level,
    new_change::change,
    rules::Rule,
    side::{Id, Side},
};

pub use crate::side::BothSides;

/// A place that changes are counted to.
pub type Node = usize;

/// How a place is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mode {
    pub direction: Direction,
    /// Every difference here, except in prose, is reported by this rule.
    pub cover: Option<Rule>,
    /// Whether it is always there in both documents.
    pub required: bool,
    /// Whether types and null have been compared already.
    pub kinds_are_reported: bool,
}

impl Mode {
    pub const fn of(direction: Direction) -> Self {
        Self { direction, cover: None, required: false, kinds_are_reported: false }
    }

    /// How a part of it is used.
    pub const fn part(self, required: bool) -> Self {
        Self { required, kinds_are_reported: false, ..self }
    }

    /// The rule for requests or the one for responses.
    pub fn pick(self, request: Rule, response: Rule) -> Rule {
        if self.direction == Direction::Request { request } else { response }
    }
}

/// Where the walk is.
#[derive(Debug, Clone)]
pub struct Position {
    pub node: Node,
    pub mode: Mode,
    /// What sentences call it.
    pub name: String,
}

impl Position {
    pub fn below(&self, suffix: &str) -> Self {
        Self { name: format!("{}{suffix}", self.name), ..self.clone() }
    }

    /// A place below, which is a schema of its own.
    pub fn part(&self, suffix: &str) -> Self {
        Self { mode: self.mode.part(false), ..self.below(suffix) }
    }
}

/// What a node represents, and from where it is reached.
#[derive(Debug, Default)]
pub struct NodeInfo<'a> {
    pub operation: Option<Operation>,
    pub parents: BTreeSet<Node>,
    /// The schemas that are compared there.
    pub pair: Option<(&'a Value, &'a Value, Mode)>,
    /// What sentences call it.
    pub name: String,
    /// Whether these are composed of others, so that their meaning depends on how several keywords act together.
    pub is_composed: bool,
    /// Whether the new schema refuses fields that it does not list, and has lost one.
    pub is_closed: bool,
    /// Whether it is a shared schema that no operation leads to.
    pub is_unused: bool,
}

/// A change, and where it occurs.
#[derive(Debug)]
pub struct Found {
    pub change: Change,
    pub nodes: BTreeSet<Node>,
}

/// What a whole walk has found.
pub struct WalkResult<'a> {
    pub old: Side<'a>,
    pub new: Side<'a>,
    pub nodes: Vec<NodeInfo<'a>>,
    /// By fingerprint.
    pub found: BTreeMap<String, Found>,
}

/// What is still to be compared.
#[derive(Debug)]
pub enum Task<'a> {
    Schema(&'a Value, &'a Value, Position),
    /// Something else that is shared: its section of `components`, its name, and what refers to it.
    Shared(&'a str, &'a str, (&'a Value, &'a Value), Position),
}

#[derive(Debug)]
pub struct Walk<'a> {
    pub old: Side<'a>,
    pub new: Side<'a>,
    nodes: Vec<NodeInfo<'a>>,
    memo: AddressMap<(Id, Id, Mode), Node>,
    shared: AddressSet<(Id, Id, Mode, Node)>,
    paired: AddressSet<(Id, Id)>,
    merged: AddressMap<Id, BTreeSet<Mode>>,
    tasks: VecDeque<Task<'a>>,
    definitions: VecDeque<(Position, BothSides<'a>)>,
    found: BTreeMap<String, Found>,
    /// Shared schemas that are known to be read though no operation leads to them.
    pub delivered: &'a BTreeSet<String>,
}

impl<'a> Walk<'a> {
    pub fn new(mut old: Side<'a>, mut new: Side<'a>, delivered: &'a BTreeSet<String>) -> Self {
        Side::settle(&mut old, &mut new);
        Self {
            old,
            new,
            // the document itself
            nodes: vec![NodeInfo::default()],
            memo: AddressMap::default(),
            shared: AddressSet::default(),
            paired: AddressSet::default(),
            merged: AddressMap::default(),
            tasks: VecDeque::new(),
            definitions: VecDeque::new(),
            found: BTreeMap::new(),
            delivered,
        }
    }

    /// The document itself.
    pub fn document(&self, name: &str) -> Position {
        Position { node: 0, mode: Mode::of(Direction::Both), name: name.to_owned() }
    }

    pub fn operation_node(&mut self, operation: Operation) -> Node {
        self.nodes.push(NodeInfo { operation: Some(operation), ..NodeInfo::default() });
        self.nodes.len() - 1
    }

    /// A place for shared schemas that no operation leads to.
    pub fn unused_node(&mut self) -> Node {
        self.nodes.push(NodeInfo { is_unused: true, ..NodeInfo::default() });
        self.nodes.len() - 1
    }

    /// Notes that the schemas compared at a place are composed of others.
    pub fn note_composed(&mut self, at: &Position) {
        if let Some(info) = self.nodes.get_mut(at.node) {
            info.is_composed = true;
        }
    }

    /// Notes that the new schema of a place refuses a field that it has lost.
    pub fn note_closed(&mut self, at: &Position) {
        if let Some(info) = self.nodes.get_mut(at.node) {
            info.is_closed = true;
        }
    }

    /// Has a pair of schemas compared, once for each way it is used.
    pub fn queue(&mut self, old: &'a Value, new: &'a Value, at: &Position) {
        let key = (old as Id, new as Id, at.mode);
        let node = *self.memo.entry(key).or_insert_with(|| {
            self.nodes.push(NodeInfo { pair: Some((old, new, at.mode)), name: at.name.clone(), ..NodeInfo::default() });
            let node = self.nodes.len() - 1;
            self.tasks.push_back(Task::Schema(old, new, Position { node, ..at.clone() }));
            node
        });
        self.paired.insert((old, new));
        if let Some(info) = self.nodes.get_mut(node) {
            info.parents.insert(at.node);
        }
    }

    /// Has something shared that is no schema compared, for each place that refers to it.
    pub fn queue_shared(&mut self, section: &'a str, name: &'a str, (old, new): (&'a Value, &'a Value), at: &Position) {
        if self.shared.insert((old, new, at.mode, at.node)) {
            self.tasks.push_back(Task::Shared(section, name, (old, new), at.clone()));
        }
    }

    /// Queues what a schema defines, to be compared at the end unless references have led to it.
    pub fn define(&mut self, at: Position, spot: BothSides<'a>) {
        self.definitions.push_back((at, spot));
    }

    /// Notes that a pair that is no schema is compared.
    pub fn pair(&mut self, old: &Value, new: &Value) {
        self.paired.insert((old, new));
    }

    /// Notes that a shared schema is made part of another, used like this.
    pub fn note_merged(&mut self, schema: &Value, mode: Mode) {
        self.merged.entry(schema).or_default().insert(mode);
    }

    /// The ways in which a schema is used as part of others.
    pub fn merged_as(&self, schema: &Value) -> BTreeSet<Mode> {
        self.merged.get(&(schema as Id)).cloned().unwrap_or_default()
    }

    /// Whether the pair has been queued in some way.
    pub fn is_paired(&self, old: &Value, new: &Value) -> bool {
        self.paired.contains(&(old as Id, new as Id))
    }

    /// What is to be compared next.
    pub fn next_task(&mut self) -> Option<Task<'a>> {
        self.tasks.pop_front()
    }

    /// What a schema defines beside itself, once everything else is done.
    pub fn next_definition(&mut self) -> Option<(Position, BothSides<'a>)> {
        self.definitions.pop_front()
    }

    pub fn report(
        &mut self,
        at: &Position,
        rule: Rule,
        (old_at, new_at): BothSides<'a>,
        old: Option<Value>,
        new: Option<Value>,
        sentence: &str,
    ) {
        // a field that does not go this way may have turned
        let is_reported =
            |cover: &Rule| rule.level() == Level::Cosmetic || (*cover == Rule::OtherWayChanged && rule.is_of_access());
        let rule = at.mode.cover.filter(|cover| !is_reported(cover)).unwrap_or(rule);
        let values = (old, new);
        let change = change((&self.old, &self.new), rule, at.mode.direction, (old_at, new_at), values, sentence);
        let found = self.found.entry(change.fingerprint.clone());
        found.or_insert(Found { change, nodes: BTreeSet::new() }).nodes.insert(at.node);
    }

    /// Whether two values are the same, with all that they refer to: then there is nothing to compare.
    pub fn is_unchanged(&mut self, old: &'a Value, new: &'a Value) -> bool {
        let is_same = self.old.is_settled(old) && self.new.is_settled(new) && old == new;
        if is_same {
            self.old.mark_all(old);
            self.new.mark_all(new);
        }
        is_same
    }

    /// Reports that a shared schema is called otherwise.
    pub fn renamed(&mut self, at: &Position, (was, old): (&str, &'a Value), (is, new): (&str, &'a Value)) {
        if was != is {
            let sentence = format!("what was the schema {was} is the schema {is}");
            self.report(at, Rule::SchemaRenamed, (Some(old), Some(new)), Some(was.into()), Some(is.into()), &sentence);
        }
    }

    /// Reports that something whole is new or gone.
    pub fn one_sided(&mut self, at: &Position, rule: Rule, (old, new): BothSides<'a>, sentence: &str) {
        self.mark_all((old, new));
        self.report(at, rule, (old, new), old.cloned(), new.cloned(), sentence);
    }

    /// Marks what is at a place.
    pub fn mark(&mut self, spot: BothSides<'a>) {
        self.each(spot, |side, value| side.mark(value));
    }

    /// The same, with all that is below it.
    pub fn mark_below(&mut self, spot: BothSides<'a>) {
        self.each(spot, |side, value| side.mark_below(value));
    }

    /// The same, with all that is below it and all that it refers to.
    pub fn mark_all(&mut self, spot: BothSides<'a>) {
        self.each(spot, Side::mark_all);
    }

    /// The same of lists whose order says nothing.
    pub fn mark_set(&mut self, spot: BothSides<'a>) {
        self.each(spot, |side, value| side.mark_set(value));
    }

    fn each(&mut self, (old, new): BothSides<'a>, mark: impl Fn(&mut Side<'a>, &'a Value)) {
        old.into_iter().for_each(|value| mark(&mut self.old, value));
        new.into_iter().for_each(|value| mark(&mut self.new, value));
    }

    /// What has been found, when there is nothing left to compare.
    pub fn finish(self) -> WalkResult<'a> {
        WalkResult { old: self.old, new: self.new, nodes: self.nodes, found: self.found }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::{assign_levels, level::Audience, root};

    /// A document whose operations all lead to all of its schemas.
    fn document(prefix: &str) -> Value {
        const MANY: usize = 100;
        let reference = |index: usize| json!({"$ref": format!("#/components/schemas/S{}", index % MANY)});
        let body = |index: usize| json!({"content": {"application/json": {"schema": reference(index)}}});
        let operation = |index| json!({"post": {"requestBody": body(index), "responses": {"200": {"$ref": "#/components/responses/R"}}}});
        let schema = |index: usize| json!({"type": "object", "properties": {"next": reference(index + 1), "after": reference(index * 7)}});
        let paths: Map<String, Value> =
            (0..MANY).map(|index| (format!("{prefix}/{index}"), operation(index))).collect();
        let schemas: Map<String, Value> = (0..MANY).map(|index| (format!("S{index}"), schema(index))).collect();
        json!({"openapi": "3.0.3", "paths": paths, "components": {"schemas": schemas, "responses": {"R": body(0)}}})
    }

    fn size(value: &Value) -> usize {
        let parts = value.as_object().into_iter().flat_map(|members| members.values());
        1 + parts.chain(value.as_array().into_iter().flatten()).map(size).sum::<usize>()
    }

    #[test]
    fn what_many_operations_share_is_marked_once() {
        let (old, new) = (document(""), document("/v2"));
        let none = BTreeSet::new();
        let mut walk = Walk::new(Side::new("old", &old).unwrap(), Side::new("new", &new).unwrap(), &none);
        root::compare(&mut walk);
        let steps = walk.old.steps + walk.new.steps;
        assert!(steps <= 2 * (size(&old) + size(&new)), "{steps} steps for {} values", size(&old) + size(&new));
        assert_eq!(assign_levels::changes(walk.finish(), Audience::Client).len(), 200);
    }
}
