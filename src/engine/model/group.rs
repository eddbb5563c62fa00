//! The broker's consumer group: who owns what, told at the next poll.

use super::broker::Broker;
use super::member::Move;
use crate::engine::log::Assignment;
use crate::engine::record::TaskId;

impl Broker {
    /// A member (re)joins and finds what it owns; an older life of it is fenced.
    pub fn join(&mut self, name: &str) -> u32 {
        for step in &mut self.moves {
            step.told |= step.from == name;
        }
        self.finish_moves(name);
        let member = self.members.entry(name.to_owned()).or_default();
        member.epoch += 1;
        member.events = member.owned.iter().cloned().map(Assignment::Assigned).collect();
        member.epoch
    }

    /// The member is gone: whatever it still sends is refused.
    pub fn leave(&mut self, name: &str) {
        if let Some(member) = self.members.get_mut(name) {
            member.epoch += 1;
        }
    }

    pub fn assign(&mut self, task: TaskId, to: &str) {
        let member = self.members.entry(to.to_owned()).or_default();
        member.owned.insert(task.clone());
        member.events.push_back(Assignment::Assigned(task));
    }

    pub fn owner(&self, task: &TaskId) -> Option<&str> {
        self.members.iter().find(|(_, m)| m.owned.contains(task)).map(|(name, _)| name.as_str())
    }

    /// A task moves with its owner's consent.
    pub fn revoke(&mut self, task: &TaskId, to: &str) {
        let Some(from) = self.owner(task).map(str::to_owned) else { return };
        if from == to || self.moves.iter().any(|m| m.task == *task) {
            return;
        }
        if let Some(member) = self.members.get_mut(&from) {
            member.events.push_back(Assignment::Revoked(task.clone()));
        }
        self.moves.push(Move { task: task.clone(), from, to: to.to_owned(), told: false });
    }

    /// A task moves without: its owner was silent for too long.
    pub fn lose(&mut self, task: &TaskId, to: &str) {
        let Some(from) = self.owner(task).map(str::to_owned) else { return };
        if from == to || self.moves.iter().any(|m| m.task == *task) {
            return;
        }
        if let Some(member) = self.members.get_mut(&from) {
            member.epoch += 1;
            member.owned.remove(task);
            member.events.push_back(Assignment::Lost(task.clone()));
        }
        self.assign(task.clone(), to);
    }

    /// A member polls: what changed for it, and its epoch.
    pub fn heartbeat(&mut self, name: &str) -> (u32, Vec<Assignment>) {
        self.request();
        self.finish_moves(name);
        let Some(member) = self.members.get_mut(name) else { return (0, Vec::new()) };
        let events: Vec<Assignment> = member.events.drain(..).collect();
        for step in &mut self.moves {
            step.told |= step.from == name;
        }
        (self.members.get(name).map_or(0, |m| m.epoch), events)
    }

    fn finish_moves(&mut self, from: &str) {
        let (done, rest): (Vec<Move>, _) =
            std::mem::take(&mut self.moves).into_iter().partition(|m| m.told && m.from == from);
        self.moves = rest;
        for step in done {
            // Another generation of the group: what this member knew before is old.
            if let Some(member) = self.members.get_mut(from) {
                member.owned.remove(&step.task);
                member.epoch += 1;
            }
            self.assign(step.task, &step.to);
        }
    }
}
