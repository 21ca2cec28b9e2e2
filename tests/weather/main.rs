//! The AWS adapters in AWS's weather: over a DynamoDB in memory that refuses what the real one refuses, in virtual time.
#![cfg(test)]

mod contention;
mod creation;
mod dynamo;
mod holes;
mod limits;
mod queue_position;
