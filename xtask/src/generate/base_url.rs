//! Gives the client a base URL that was parsed once. progenitor keeps its text, and each request parses it again
//! together with the path, which is a fifth of all that a small request costs.

use quote::ToTokens as _;
use syn::{
    Expr, FieldValue, File, ImplItemFn, ItemStruct, LitStr, Token, parse_quote,
    punctuated::Punctuated,
    visit_mut::{self, VisitMut},
};

/// In the client, its constructor and all generated methods.
pub fn parse_once(file: &mut File) {
    ParsedOnce.visit_file_mut(file);
}

struct ParsedOnce;

impl VisitMut for ParsedOnce {
    fn visit_item_struct_mut(&mut self, item: &mut ItemStruct) {
        for field in item.fields.iter_mut().filter(|field| field.ident.as_ref().is_some_and(|name| name == "baseurl")) {
            field.ty = parse_quote!(::std::sync::Arc<::reqwest::Url>);
        }
    }

    fn visit_impl_item_fn_mut(&mut self, item: &mut ImplItemFn) {
        if item.sig.ident == "new_with_client"
            && let Some(syn::FnArg::Typed(first)) = item.sig.inputs.first_mut()
        {
            first.ty = parse_quote!(::std::sync::Arc<::reqwest::Url>);
        }
        visit_mut::visit_impl_item_fn_mut(self, item);
    }

    fn visit_field_value_mut(&mut self, field: &mut FieldValue) {
        if field.expr.to_token_stream().to_string() == "baseurl . to_string ()" {
            field.expr = parse_quote!(baseurl);
        }
    }

    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        visit_mut::visit_expr_mut(self, expression);
        if let Some(url) = url(expression) {
            *expression = url;
        }
    }
}

/// What takes the place of `format!("{}/path/{}", client.baseurl, id)`.
fn url(expression: &Expr) -> Option<Expr> {
    let Expr::Macro(call) = expression else { return None };
    if !call.mac.path.is_ident("format") {
        return None;
    }
    let arguments = call.mac.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated).ok()?;
    let mut arguments = arguments.iter();
    let text: LitStr = syn::parse2(arguments.next()?.to_token_stream()).ok()?;
    let path = text.value().strip_prefix("{}")?.to_owned();
    let base = arguments.next()?;
    if base.to_token_stream().to_string() != "client . baseurl" {
        return None;
    }
    Some(match arguments.len() {
        0 => parse_quote!(crate::url::of(&#base, #path)),
        _ => parse_quote!(crate::url::of(&#base, &format!(#path, #(#arguments),*))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_the_base_gives_way_to_a_parsed_url() {
        let mut file: File = parse_quote! {
            pub struct Client {
                pub(crate) baseurl: String,
                pub(crate) client: reqwest::Client,
            }
            impl Client {
                pub fn new_with_client(baseurl: &str, client: reqwest::Client) -> Self {
                    Self { baseurl: baseurl.to_string(), client }
                }
            }
            impl Send {
                fn plain(self) {
                    let url = format!("{}/courses", client.baseurl,);
                }
                fn special(self) {
                    let url = format!("{}/bookings/{}/x", client.baseurl, encode_path(&id.to_string()),);
                    let other = format!("{}: {}", a, b);
                }
            }
        };
        parse_once(&mut file);
        let expected: File = parse_quote! {
            pub struct Client {
                pub(crate) baseurl: ::std::sync::Arc<::reqwest::Url>,
                pub(crate) client: reqwest::Client,
            }
            impl Client {
                pub fn new_with_client(baseurl: ::std::sync::Arc<::reqwest::Url>, client: reqwest::Client) -> Self {
                    Self { baseurl: baseurl, client }
                }
            }
            impl Send {
                fn plain(self) {
                    let url = crate::url::of(&client.baseurl, "/courses");
                }
                fn special(self) {
                    let url = crate::url::of(
                        &client.baseurl,
                        &format!("/bookings/{}/x", encode_path(&id.to_string()))
                    );
                    let other = format!("{}: {}", a, b);
                }
            }
        };
        assert_eq!(file.to_token_stream().to_string(), expected.to_token_stream().to_string());
    }
}
