mod against_model;
mod asked;
mod beside;
mod cloud;
mod codes;
mod hostile;
mod life;
mod listed;
mod named;
/// What random commands are made of.
#[path = "../../../../model/tests/model/pieces.rs"]
mod pieces;
mod private_link;
mod provider;
mod quotas;
/// Random commands are drawn as the tests of the model draw them.
#[path = "../../../../model/tests/model/random.rs"]
mod random;
mod requests;
mod strangers;
mod table;
mod things;
mod walkthrough;
