//! The rules: what kinds of change there are, and how a client feels each.

use std::{fmt, str::FromStr};

use serde::Serialize;

use crate::level::{Audience, Level, UnknownNameError};

macro_rules! rules {
    ($($name:ident $id:literal $level:ident [$($mirror:ident)*] $meaning:literal)*) => {
        /// A kind of change. Ids are stable: a rule is never given another meaning.
        ///
        #[doc = include_str!("../RULES.md")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = $meaning] $name,)*
        }

        impl Rule {
            /// Every rule, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The stable id.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// The level, unless [`Options`](crate::Options) says otherwise.
            pub const fn level(self) -> Level {
                match self { $(Self::$name => Level::$level,)* }
            }

            /// When it applies.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }

            /// The rules of which one applies when the documents are swapped.
            pub const fn mirrors(self) -> &'static [Self] {
                match self { $(Self::$name => &[$(Self::$mirror),*],)* }
            }
        }
    };
}

rules! {
    OperationRemoved "operation-removed" Breaking [OperationAdded] "An operation is gone."
    OperationAdded "operation-added" Compatible [OperationRemoved] "An operation is new."
    OperationPathChanged "operation-path-changed" Breaking [OperationPathChanged] "An operation, known by its `operationId`, has another path."
    OperationMethodChanged "operation-method-changed" Breaking [OperationMethodChanged] "An operation, known by its `operationId`, has another method."
    OperationIdChanged "operation-id-changed" Risky [OperationIdChanged] "The `operationId` has changed, and with it the name of generated code. Calls are the same."
    Deprecated "deprecated" Risky [DeprecationLifted] "An operation, parameter, header or field is deprecated: it will be removed."
    DeprecationLifted "deprecation-lifted" Compatible [Deprecated] "A deprecation has been withdrawn."

    ServerRemoved "server-removed" Breaking [ServerAdded] "A base URL is gone."
    ServerAdded "server-added" Compatible [ServerRemoved] "There is one more base URL."
    ServerUrlChanged "server-url-changed" Breaking [ServerUrlChanged] "A base URL has changed."
    DefaultServerChanged "default-server-changed" Risky [DefaultServerChanged] "Another base URL is listed first."
    ServerVariableChanged "server-variable-changed" Risky [ServerVariableChanged] "A variable of a base URL has changed."

    SecurityAdded "security-added" Breaking [SecurityRemoved] "Calls need credentials that needed none."
    SecurityRemoved "security-removed" Compatible [SecurityAdded] "Calls need no credentials any more."
    SecurityAlternativeRemoved "security-alternative-removed" Breaking [SecurityAlternativeAdded] "One of the accepted kinds of credentials is no longer accepted."
    SecurityAlternativeAdded "security-alternative-added" Compatible [SecurityAlternativeRemoved] "One more kind of credentials is accepted."
    SecurityAlternativeTightened "security-alternative-tightened" Breaking [SecurityAlternativeLoosened] "One of the accepted kinds of credentials needs another beside it."
    SecurityAlternativeLoosened "security-alternative-loosened" Compatible [SecurityAlternativeTightened] "One of the accepted kinds of credentials needs less beside it."
    SecurityScopeAdded "security-scope-added" Breaking [SecurityScopeRemoved] "Credentials need one more scope."
    SecurityScopeRemoved "security-scope-removed" Compatible [SecurityScopeAdded] "Credentials need one scope less."
    SecuritySchemeChanged "security-scheme-changed" Breaking [SecuritySchemeChanged] "Credentials are presented in another way."
    SecurityScopeWithdrawn "security-scope-withdrawn" Breaking [SecurityScopeOffered] "Credentials can no longer be obtained for a scope."
    SecurityScopeOffered "security-scope-offered" Compatible [SecurityScopeWithdrawn] "Credentials can be obtained for one more scope."

    ParameterAddedRequired "parameter-added-required" Breaking [ParameterRemoved] "Requests must have a parameter they did not have."
    ParameterAddedOptional "parameter-added-optional" Compatible [ParameterRemoved] "Requests may have one more parameter."
    ParameterRemoved "parameter-removed" Breaking [ParameterAddedRequired ParameterAddedOptional] "A parameter is no longer accepted. If a filter is ignored, responses hold too much."
    ParameterMoved "parameter-moved" Breaking [ParameterMoved] "A parameter has moved to another place: path, query, header or cookie."
    PathParameterRenamed "path-parameter-renamed" Compatible [PathParameterRenamed] "The placeholder of a path has another name. Requests are the same; generated code is not."
    PathParametersReordered "path-parameters-reordered" Breaking [PathParametersReordered] "The placeholders of a path are in another order, so that values would be swapped."
    ParameterNowRequired "parameter-now-required" Breaking [ParameterNowOptional] "A parameter can no longer be left out."
    ParameterNowOptional "parameter-now-optional" Compatible [ParameterNowRequired] "A parameter may be left out."
    ParameterFormatChanged "parameter-format-changed" Breaking [ParameterFormatChanged] "A parameter or header is written in another way: style, explode, reserved characters, media type."
    ParameterFormatUnused "parameter-format-unused" Cosmetic [ParameterFormatUnused] "How lists and objects would be written has changed for a parameter or header that has a single value."
    ParameterEmptyAllowed "parameter-empty-allowed" Compatible [ParameterEmptyRefused] "A parameter may be sent without a value (`allowEmptyValue`)."
    ParameterEmptyRefused "parameter-empty-refused" Breaking [ParameterEmptyAllowed] "A parameter can no longer be sent without a value."
    IgnoredParameterChanged "ignored-parameter-changed" Risky [IgnoredParameterChanged] "A header parameter named `Accept`, `Content-Type` or `Authorization` is new, gone or another. OpenAPI ignores it: media types and security say what is sent."

    RequestBodyAddedRequired "request-body-added-required" Breaking [RequestBodyRemoved] "Requests must have a body that had none."
    RequestBodyAddedOptional "request-body-added-optional" Compatible [RequestBodyRemoved] "Requests may have a body."
    RequestBodyRemoved "request-body-removed" Risky [RequestBodyAddedRequired RequestBodyAddedOptional] "A request's body is no longer accepted."
    RequestBodyNowRequired "request-body-now-required" Breaking [RequestBodyNowOptional] "A request's body can no longer be left out."
    RequestBodyNowOptional "request-body-now-optional" Compatible [RequestBodyNowRequired] "A request's body may be left out."
    RequestMediaTypeRemoved "request-media-type-removed" Breaking [RequestMediaTypeAdded] "A media type is no longer accepted."
    RequestMediaTypeAdded "request-media-type-added" Compatible [RequestMediaTypeRemoved] "One more media type is accepted."
    EncodingChanged "encoding-changed" Risky [EncodingChanged] "The parts of a form are encoded in another way."
    EncodingOfField "encoding-of-field" Compatible [EncodingOfField] "The encoding of a form's field has come or gone together with the field."

    SuccessResponseRemoved "success-response-removed" Breaking [SuccessResponseAdded] "A 2xx response is gone."
    SuccessResponseAdded "success-response-added" Risky [SuccessResponseRemoved] "There is one more 2xx response."
    SuccessStatusChanged "success-status-changed" Risky [SuccessStatusChanged] "Success has another status. A client that accepts any 2xx is not affected."
    SuccessStatusPublished "success-status-published" Compatible [SuccessStatusOpened] "The status of a success, which was only known to be 2XX, is published."
    SuccessStatusOpened "success-status-opened" Risky [SuccessStatusPublished] "A success that had one status may have any 2xx."
    ExpectedStatusChanged "expected-status-changed" Compatible [ExpectedStatusChanged] "The status expected of a 2XX response (`x-status`) has changed."
    ErrorResponseAdded "error-response-added" Risky [ErrorResponseRemoved] "A response may have one more error status."
    ErrorResponseRemoved "error-response-removed" Compatible [ErrorResponseAdded] "An error status is no longer used."
    ErrorResponseSpecified "error-response-specified" Compatible [ErrorResponseGeneralised] "A status is listed that was covered by a range (`4XX`) or `default`."
    ErrorResponseGeneralised "error-response-generalised" Compatible [ErrorResponseSpecified] "A status is no longer listed, and a range or `default` covers it."
    ResponseBodyRemoved "response-body-removed" Breaking [ResponseBodyAdded] "A response or delivery has no body any more."
    ResponseBodyAdded "response-body-added" Compatible [ResponseBodyRemoved] "A response or delivery that had no body has one."
    ResponseMediaTypeRemoved "response-media-type-removed" Breaking [ResponseMediaTypeAdded] "A response no longer comes in a media type."
    ResponseMediaTypeAdded "response-media-type-added" Risky [ResponseMediaTypeRemoved] "A response may come in one more media type."
    ResponseHeaderRemoved "response-header-removed" Risky [ResponseHeaderAdded] "A header that responses or deliveries may have is gone."
    ResponseRequiredHeaderRemoved "response-required-header-removed" Breaking [ResponseHeaderAdded] "A header that responses or deliveries always have is gone."
    ResponseHeaderAdded "response-header-added" Compatible [ResponseHeaderRemoved ResponseRequiredHeaderRemoved] "Responses or deliveries have one more header."
    ResponseHeaderNowOptional "response-header-now-optional" Risky [ResponseHeaderNowRequired] "A header may be missing that was always there."
    ResponseHeaderNowRequired "response-header-now-required" Compatible [ResponseHeaderNowOptional] "A header is always there."

    WebhookRemoved "webhook-removed" Breaking [WebhookAdded] "A webhook or callback is no longer sent."
    WebhookAdded "webhook-added" Compatible [WebhookRemoved] "There is one more webhook or callback."
    WebhookTargetChanged "webhook-target-changed" Risky [WebhookTargetChanged] "The address of a callback is determined in another way."
    WebhookReplyChanged "webhook-reply-changed" Risky [WebhookReplyChanged] "Another reply to a webhook is expected."

    RequestFieldAddedRequired "request-field-added-required" Breaking [RequestFieldRemoved] "Requests must have a field they did not have."
    RequestFieldAddedOptional "request-field-added-optional" Compatible [RequestFieldRemoved] "Requests may have one more field."
    RequestFieldRemoved "request-field-removed" Risky [RequestFieldAddedRequired RequestFieldAddedOptional] "A field of requests is no longer accepted: it is ignored. Where fields that are not listed are refused, this is breaking."
    RequestFieldNowRequired "request-field-now-required" Breaking [RequestFieldNowOptional] "A field of requests can no longer be left out."
    RequestFieldNowOptional "request-field-now-optional" Compatible [RequestFieldNowRequired] "A field of requests may be left out."
    ResponseFieldRemoved "response-field-removed" Breaking [ResponseFieldAdded] "A field is no longer returned."
    ResponseFieldAdded "response-field-added" Compatible [ResponseFieldRemoved] "One more field is returned."
    ResponseFieldNowOptional "response-field-now-optional" Breaking [ResponseFieldNowRequired] "A field may be missing that was always there."
    ResponseFieldNowRequired "response-field-now-required" Compatible [ResponseFieldNowOptional] "A field is always there."
    RequestFieldReadOnly "request-field-read-only" Breaking [AccessMarkChanged] "A field can no longer be sent: it is read-only."
    ResponseFieldWriteOnly "response-field-write-only" Breaking [AccessMarkChanged] "A field is no longer returned: it is write-only."
    AccessMarkChanged "access-mark-changed" Compatible [AccessMarkChanged RequestFieldReadOnly ResponseFieldWriteOnly] "Any other change of read-only or write-only."
    OtherWayChanged "other-way-changed" Cosmetic [OtherWayChanged] "A field that does not go this way, being read-only or write-only, is new, gone or another."
    RequiredMarkChanged "required-mark-changed" Cosmetic [RequiredMarkChanged] "A field that does not go this way, being read-only or write-only, is marked as required or no longer is."
    RequestExtraFieldsRefused "request-extra-fields-refused" Breaking [RequestExtraFieldsAllowed] "Requests may have only the fields that are listed."
    RequestExtraFieldsAllowed "request-extra-fields-allowed" Compatible [RequestExtraFieldsRefused] "Requests may have fields that are not listed."
    ResponseExtraFieldsExcluded "response-extra-fields-excluded" Compatible [ResponseExtraFieldsAllowed] "Responses have only the fields that are listed."
    ResponseExtraFieldsAllowed "response-extra-fields-allowed" Compatible [ResponseExtraFieldsExcluded] "Responses may have fields that are not listed."

    RequestNullRefused "request-null-refused" Breaking [RequestNullAllowed] "Null can no longer be sent."
    RequestNullAllowed "request-null-allowed" Compatible [RequestNullRefused] "Null may be sent."
    ResponseRequiredNullAdded "response-required-null-added" Breaking [ResponseNullRemoved] "A value that is always there may be null: a body, an item of a list, a required field."
    ResponseNullAdded "response-null-added" Risky [ResponseNullRemoved] "What is returned may be null."
    ResponseNullRemoved "response-null-removed" Compatible [ResponseNullAdded ResponseRequiredNullAdded] "What is returned is never null."
    RequestTypeChanged "request-type-changed" Breaking [RequestTypeChanged] "A value must be sent as another type."
    RequestTypeNarrowed "request-type-narrowed" Breaking [RequestTypeWidened] "A value is accepted in fewer types."
    RequestTypeWidened "request-type-widened" Compatible [RequestTypeNarrowed] "A value is accepted in more types."
    ResponseTypeChanged "response-type-changed" Breaking [ResponseTypeChanged] "A value is returned as another type."
    ResponseTypeWidened "response-type-widened" Breaking [ResponseTypeNarrowed] "A value may be returned in more types."
    ResponseTypeNarrowed "response-type-narrowed" Compatible [ResponseTypeWidened] "A value is returned in fewer types."
    RequestFormatChanged "request-format-changed" Breaking [RequestFormatChanged] "A value must be sent in another format."
    RequestFormatTightened "request-format-tightened" Breaking [RequestFormatLoosened] "A value must be sent in a format, or a narrower one."
    RequestFormatLoosened "request-format-loosened" Compatible [RequestFormatTightened] "A value may be sent in any format, or a wider one."
    ResponseFormatChanged "response-format-changed" Breaking [ResponseFormatChanged] "A value is returned in another format."
    ResponseFormatLoosened "response-format-loosened" Risky [ResponseFormatTightened] "A value may be returned in any format, or a wider one."
    ResponseFormatTightened "response-format-tightened" Compatible [ResponseFormatLoosened] "A value is returned in a format, or a narrower one."

    RequestValueRemoved "request-value-removed" Breaking [RequestValueAdded] "A value is no longer accepted."
    RequestValueAdded "request-value-added" Compatible [RequestValueRemoved] "One more value is accepted."
    RequestValuesLimited "request-values-limited" Breaking [RequestValuesUnlimited] "Only listed values are accepted, where any value was."
    RequestValuesUnlimited "request-values-unlimited" Compatible [RequestValuesLimited] "Any value is accepted, where only listed ones were."
    RequestValuesClosed "request-values-closed" Breaking [RequestValuesOpened] "The list of values that may be sent, which was open, is complete."
    RequestValuesOpened "request-values-opened" Compatible [RequestValuesClosed] "The list of values that may be sent, which was complete, is open."
    ResponseValueAdded "response-value-added" Risky [ResponseValueRemoved] "A complete list of values has one more."
    ResponseOpenValueAdded "response-open-value-added" Compatible [ResponseValueRemoved] "An open list of values has one more."
    ResponseValueRemoved "response-value-removed" Compatible [ResponseValueAdded ResponseOpenValueAdded] "A value is no longer returned."
    ResponseValuesUnlimited "response-values-unlimited" Risky [ResponseValuesLimited] "Any value may be returned, where only listed ones were."
    ResponseValuesLimited "response-values-limited" Compatible [ResponseValuesUnlimited] "Only listed values are returned, where any could be."
    ResponseValuesOpened "response-values-opened" Risky [ResponseValuesClosed] "A complete list of values is now open: there may be others."
    ResponseValuesClosed "response-values-closed" Compatible [ResponseValuesOpened] "An open list of values is now complete."

    RequestBoundsTightened "request-bounds-tightened" Breaking [RequestBoundsWidened] "A limit on what is sent is tighter: value, length, size, uniqueness."
    RequestBoundsWidened "request-bounds-widened" Compatible [RequestBoundsTightened] "A limit on what is sent is wider."
    RequestPatternChanged "request-pattern-changed" Breaking [RequestPatternChanged] "What is sent must match another pattern or be a multiple of another number."
    ResponseBoundsWidened "response-bounds-widened" Risky [ResponseBoundsTightened] "A limit on what is returned is wider."
    ResponseBoundsTightened "response-bounds-tightened" Compatible [ResponseBoundsWidened] "A limit on what is returned is tighter."
    ResponsePatternChanged "response-pattern-changed" Risky [ResponsePatternChanged] "What is returned matches another pattern or is a multiple of another number."

    RequestVariantRemoved "request-variant-removed" Breaking [RequestVariantAdded] "One of the shapes (`oneOf`, `anyOf`) is no longer accepted."
    RequestVariantAdded "request-variant-added" Compatible [RequestVariantRemoved] "One more shape is accepted."
    ResponseVariantAdded "response-variant-added" Risky [ResponseVariantRemoved] "One more shape may be returned."
    ResponseVariantRemoved "response-variant-removed" Compatible [ResponseVariantAdded] "One of the shapes is no longer returned."
    ResponseVariantsReplaced "response-variants-replaced" Breaking [ResponseVariantsReplaced] "None of the shapes is left: what is returned has others only."
    VariantKindChanged "variant-kind-changed" Risky [VariantKindChanged] "Shapes exclude each other (`oneOf`) or do not (`anyOf`)."
    RequestPartAdded "request-part-added" Breaking [RequestPartRemoved] "What is sent must fulfil one more schema (`allOf`)."
    RequestPartRemoved "request-part-removed" Compatible [RequestPartAdded] "What is sent must fulfil one schema less."
    ResponsePartRemoved "response-part-removed" Risky [ResponsePartAdded] "What is returned fulfils one schema less."
    ResponsePartAdded "response-part-added" Compatible [ResponsePartRemoved] "What is returned fulfils one more schema."
    RequestExclusionChanged "request-exclusion-changed" Breaking [RequestExclusionChanged] "What must not be sent (`not`) has changed."
    ResponseExclusionChanged "response-exclusion-changed" Risky [ResponseExclusionChanged] "What is never returned (`not`) has changed."
    RequestConditionChanged "request-condition-changed" Breaking [RequestConditionChanged] "A condition on what is sent has changed: `if`, `contains`, names of fields, what depends on a field, or what is left over."
    ResponseConditionChanged "response-condition-changed" Risky [ResponseConditionChanged] "A condition on what is returned has changed: `if`, `contains`, names of fields, what depends on a field, or what is left over."
    RequestValuesRefused "request-values-refused" Breaking [] "A value that was accepted is refused. No single rule shows it; the schemas as a whole do, and the report has an example."
    ResponseValuesUnforeseen "response-values-unforeseen" Risky [] "A value may be returned that could not be before. No single rule shows it; the schemas as a whole do, and the report has an example."
    RequestValuesUnforeseen "request-values-unforeseen" Risky [] "For a server: a value may be sent that could not be before. No single rule shows it; the schemas as a whole do, and the report has an example."
    ResponseValuesRefused "response-values-refused" Breaking [] "For a server: a value that could be returned no longer fits. No single rule shows it; the schemas as a whole do, and the report has an example."
    SchemaRewritten "schema-rewritten" Compatible [SchemaRewritten] "A schema says the same in another way, such as types in a list or as shapes. Generated code may change."
    DiscriminatorChanged "discriminator-changed" Risky [DiscriminatorChanged] "Shapes are distinguished in another way."
    DiscriminatorValueChanged "discriminator-value-changed" Breaking [DiscriminatorValueChanged] "A shape is recognised by another value."
    RequestDefaultChanged "request-default-changed" Risky [RequestDefaultChanged] "Something that is left out of a request has another default."
    ResponseDefaultChanged "response-default-changed" Cosmetic [ResponseDefaultChanged] "The default of something that is returned has changed."

    SchemaRenamed "schema-renamed" Compatible [SchemaRenamed] "A shared schema has another name, and so has the type generated for it."
    ComponentRemoved "component-removed" Risky [ComponentAdded] "Something shared that no operation refers to is gone."
    ComponentAdded "component-added" Compatible [ComponentRemoved] "Something shared is new that no operation refers to."

    DescriptionChanged "description-changed" Cosmetic [DescriptionChanged] "A description, summary or title has changed."
    ExampleChanged "example-changed" Cosmetic [ExampleChanged] "An example has changed."
    LinkChanged "link-changed" Cosmetic [LinkChanged] "A link from a response to another operation has changed."
    ExternalDocsChanged "external-docs-changed" Cosmetic [ExternalDocsChanged] "A link to further documentation has changed."
    TagChanged "tag-changed" Cosmetic [TagChanged] "Operations are grouped in another way."
    RepetitionChanged "repetition-changed" Cosmetic [RepetitionChanged] "Something is repeated, or no longer repeated, in a schema or a list of base URLs. The meaning is the same."
    ShadowedChanged "shadowed-changed" Cosmetic [ShadowedChanged] "Something has changed that is overridden wherever it would apply: parameters of a path, or security or servers of the document."
    SchemaIdentityChanged "schema-identity-changed" Cosmetic [SchemaIdentityChanged] "A schema's identifier (`$id`, `$anchor`) or dialect (`$schema`) has changed."
    InfoChanged "info-changed" Cosmetic [InfoChanged] "Title, contact, licence or terms have changed."
    ApiVersionChanged "api-version-changed" Cosmetic [ApiVersionChanged] "The API says it has another version."
    OpenapiVersionChanged "openapi-version-changed" Cosmetic [OpenapiVersionChanged] "The document is written in another version of OpenAPI."

    Unexplained "unexplained" Risky [Unexplained] "The documents differ in a way that no rule knows, such as a vendor extension or an unknown keyword: a person must look."
}

impl Rule {
    /// The level for an audience. What a server of the old document encounters in the new one is what a client of the
    /// new one encounters in the old: the worst of what is reported that way round.
    pub fn level_for(self, audience: Audience) -> Level {
        match audience {
            Audience::Client => self.level(),
            Audience::Server => {
                self.mirrors().iter().map(|mirror| mirror.level()).min().unwrap_or_else(|| self.level())
            }
        }
    }

    /// Whether it is only about which values are allowed: then a proof about the whole schema decides.
    pub(crate) fn is_of_values(self) -> bool {
        let others = [
            Self::RequestFieldAddedRequired,
            Self::RequestFieldNowRequired,
            Self::RequestFieldNowOptional,
            Self::ResponseFieldNowOptional,
            Self::ResponseFieldNowRequired,
            Self::RequestExtraFieldsRefused,
            Self::RequestExtraFieldsAllowed,
            Self::ResponseExtraFieldsExcluded,
            Self::ResponseExtraFieldsAllowed,
        ];
        (Self::RequestNullRefused..=Self::ResponseValuesRefused).contains(&self) || others.contains(&self)
    }

    /// Whether it is about who may set a field.
    pub(crate) fn is_of_access(self) -> bool {
        [Self::RequestFieldReadOnly, Self::ResponseFieldWriteOnly, Self::AccessMarkChanged].contains(&self)
    }
}

impl FromStr for Rule {
    type Err = UnknownNameError;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|rule| rule.id() == id).ok_or(UnknownNameError)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl Serialize for Rule {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}
