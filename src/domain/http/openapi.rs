//! Operations of an OpenAPI 3 document.
