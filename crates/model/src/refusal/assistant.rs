//! Why a command about the cloud assistant is refused.

use crate::assistant::Content;

/// A command about the cloud assistant that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssistantRefusal {
    /// Values for a script without parameters.
    #[error("parameters were given, but the command was made without EnableParameter")]
    ParametersOff,
    /// A value for a parameter that the script does not have.
    #[error("the command has no parameter {0}")]
    ParameterUnknown(String),
    /// A parameter of the script without a value.
    #[error("the command's parameter {0} has no value: give one in Parameters")]
    ParameterMissing(String),
    /// The script is too long with its values.
    #[error("with its parameters the command has more than {} bytes", Content::LIMIT)]
    TooLong,
}
