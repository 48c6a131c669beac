//! Lets a transport hand on a body that it has read. progenitor reads it from the response, so the transport would have
//! to put another response together around what it has.

use syn::{
    Expr, File, parse_quote,
    visit_mut::{self, VisitMut},
};

/// In all generated methods that decode an answer.
pub fn hand_on(file: &mut File) {
    HandedOn.visit_file_mut(file);
}

struct HandedOn;

impl VisitMut for HandedOn {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        visit_mut::visit_expr_mut(self, expression);
        let Expr::Call(call) = expression else { return };
        for (theirs, ours) in [("from_response", "decode"), ("stream", "stream")] {
            let theirs = syn::Ident::new(theirs, proc_macro2::Span::call_site());
            if *call.func == parse_quote!(ResponseValue::#theirs) {
                let ours = syn::Ident::new(ours, proc_macro2::Span::call_site());
                *call.func = parse_quote!(crate::body::#ours);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;

    use super::*;

    #[test]
    fn answers_are_decoded_by_our_own_functions() {
        let mut file: File = parse_quote! {
            fn send() {
                match status {
                    200..=299 => ResponseValue::from_response(response).await,
                    300 => Ok(ResponseValue::stream(response)),
                    204 => Ok(ResponseValue::empty(response)),
                }
            }
        };
        hand_on(&mut file);
        let expected: File = parse_quote! {
            fn send() {
                match status {
                    200..=299 => crate::body::decode(response).await,
                    300 => Ok(crate::body::stream(response)),
                    204 => Ok(ResponseValue::empty(response)),
                }
            }
        };
        assert_eq!(file.to_token_stream().to_string(), expected.to_token_stream().to_string());
    }
}
