//! The products of the API, and how each of them words its complaints about parameters.

use super::ApiError;

/// A product; its version alone tells which one a request means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Product {
    /// What was bought.
    BssOpenApi,
    /// Certificates.
    Cas,
    /// Elastic compute: instances, interfaces, security groups.
    Ecs,
    /// Where the endpoints of the other products are.
    Location,
    /// Network load balancers.
    Nlb,
    /// Endpoints and endpoint services.
    Privatelink,
    /// Private zones.
    Pvtz,
    /// Resource groups.
    ResourceManager,
    /// Who the caller is.
    Sts,
    /// Virtual private clouds.
    Vpc,
}

impl Product {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::BssOpenApi,
        Self::Cas,
        Self::Ecs,
        Self::Location,
        Self::Nlb,
        Self::Privatelink,
        Self::Pvtz,
        Self::ResourceManager,
        Self::Sts,
        Self::Vpc,
    ];

    /// Name as in SDKs and documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BssOpenApi => "BssOpenApi",
            Self::Cas => "Cas",
            Self::Ecs => "Ecs",
            Self::Location => "Location",
            Self::Nlb => "Nlb",
            Self::Privatelink => "Privatelink",
            Self::Pvtz => "pvtz",
            Self::ResourceManager => "ResourceManager",
            Self::Sts => "Sts",
            Self::Vpc => "Vpc",
        }
    }

    /// Version as it travels.
    pub const fn version(self) -> &'static str {
        match self {
            Self::BssOpenApi => "2017-12-14",
            Self::Cas => "2020-04-07",
            Self::Ecs => "2014-05-26",
            Self::Location => "2015-06-12",
            Self::Nlb => "2022-04-30",
            Self::Privatelink => "2020-04-15",
            Self::Pvtz => "2018-01-01",
            Self::ResourceManager => "2020-03-31",
            Self::Sts => "2015-04-01",
            Self::Vpc => "2016-04-28",
        }
    }

    /// The product that has this version.
    pub fn of_version(version: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|product| product.version() == version)
    }

    /// The product with this name, in any letter case.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|product| product.name().eq_ignore_ascii_case(name))
    }

    /// A required parameter is absent.
    pub fn missing(self, parameter: &str) -> ApiError {
        let prefix = match self {
            Self::Nlb | Self::Privatelink => "MissingParam",
            Self::BssOpenApi
            | Self::Cas
            | Self::Ecs
            | Self::Location
            | Self::Pvtz
            | Self::ResourceManager
            | Self::Sts
            | Self::Vpc => "MissingParameter",
        };
        ApiError::new(
            400,
            format!("{prefix}.{}", bare(parameter)),
            format!("Give the parameter {parameter}: it is required."),
        )
    }

    /// A parameter's value cannot be taken; `why` is a sentence that tells what would be.
    pub fn illegal(self, parameter: &str, why: impl std::fmt::Display) -> ApiError {
        let prefix = match self {
            Self::Nlb => "IllegalParam",
            Self::Privatelink => "IllegalParamFormat",
            Self::BssOpenApi
            | Self::Cas
            | Self::Ecs
            | Self::Location
            | Self::Pvtz
            | Self::ResourceManager
            | Self::Sts
            | Self::Vpc => "InvalidParameter",
        };
        ApiError::new(
            400,
            format!("{prefix}.{}", self.spelled(bare(parameter))),
            format!("The parameter {parameter} is not valid: {why}"),
        )
    }
}

impl Product {
    /// Some codes of Nlb spell a parameter in another way than requests do.
    fn spelled(self, parameter: &str) -> &str {
        match (self, parameter) {
            (Self::Nlb, "LoadBalancerName") => "loadBalancerName",
            (Self::Nlb, "ResourceType") => "resourceType",
            (Self::Nlb, "ListenerPort") => "Port",
            (Self::Nlb, "Description") => "description",
            (Self::Nlb, "DeletionProtectionReason") => "deletionProtectionReason",
            (Self::Nlb, "ModificationProtectionReason") => "modificationProtectionReason",
            (_, other) => other,
        }
    }
}

/// `Zone.2.ip` is reported under the code of `ip`: codes have no numbers in them.
fn bare(parameter: &str) -> &str {
    let is_number = |name: &&str| name.bytes().all(|byte| byte.is_ascii_digit());
    parameter.rsplit('.').find(|name| !is_number(name)).unwrap_or(parameter)
}
