mod cloud;
mod codes;
mod provider;
mod requests;
mod table;
mod walkthrough;
