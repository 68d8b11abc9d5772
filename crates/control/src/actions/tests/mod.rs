mod cloud;
mod provider;
mod requests;
mod table;
mod walkthrough;
