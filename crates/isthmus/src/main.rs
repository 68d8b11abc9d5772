//! The isthmus binary.

fn main() -> std::process::ExitCode {
    isthmus::cli::main()
}
