//! Removes the examples in the documentation of operations, which progenitor marks so that nothing compiles them.

use syn::{
    Attribute, Expr, ExprLit, File, Lit, LitStr, Meta,
    visit_mut::{self, VisitMut},
};

pub fn remove(file: &mut File) {
    Examples.visit_file_mut(file);
}

struct Examples;

impl VisitMut for Examples {
    fn visit_attribute_mut(&mut self, attribute: &mut Attribute) {
        visit_mut::visit_attribute_mut(self, attribute);
        let Meta::NameValue(pair) = &mut attribute.meta else { return };
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &mut pair.value else { return };
        if let Some((before, _)) = text.value().split_once("```ignore")
            && pair.path.is_ident("doc")
        {
            *text = LitStr::new(before.trim_end(), text.span());
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;
    use syn::parse_quote;

    use super::*;

    #[test]
    fn the_text_before_an_example_stays() {
        let mut file: File = parse_quote! {
            impl Client {
                #[doc = "List bookings\n\nSends a `GET` request\n\n```ignore\nclient.list_bookings()\n```"]
                pub fn list_bookings(&self) {}
                #[doc = "No example"]
                pub fn get_booking(&self) {}
            }
        };
        remove(&mut file);
        let expected: File = parse_quote! {
            impl Client {
                #[doc = "List bookings\n\nSends a `GET` request"]
                pub fn list_bookings(&self) {}
                #[doc = "No example"]
                pub fn get_booking(&self) {}
            }
        };
        assert_eq!(file.to_token_stream().to_string(), expected.to_token_stream().to_string());
    }
}
