//! The AWS adapters in AWS's weather: over a DynamoDB in memory that refuses what the real one refuses, in virtual time.
#![cfg(test)]

mod creation;
mod dynamo;
mod history;
mod holes;
mod queue_position;
