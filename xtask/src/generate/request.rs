//! Gives every request builder a method `request` that builds the request without sending it, for clients that send in their
//! own way. progenitor builds, sends and decodes in one method.

use quote::ToTokens as _;
use syn::{
    Expr, ImplItem, ImplItemFn, Item, Stmt, parse_quote,
    visit_mut::{self, VisitMut},
};

/// In all builders.
pub fn add(items: &mut [Item]) {
    for item in items {
        match item {
            Item::Mod(module) => add(module.content.as_mut().map_or(&mut [], |(_, items)| items)),
            Item::Impl(block) => {
                if let Some(place) = block.items.iter().position(is_send)
                    && let ImplItem::Fn(send) = &mut block.items[place]
                    && let Some(request) = split(send)
                {
                    block.items.insert(place, ImplItem::Fn(request));
                }
            }
            _ => {}
        }
    }
}

fn is_send(item: &ImplItem) -> bool {
    matches!(item, ImplItem::Fn(function) if function.sig.ident == "send" && function.sig.asyncness.is_some())
}

/// Takes what builds the request out of `send`, which calls it instead.
fn split(send: &mut ImplItemFn) -> Option<ImplItemFn> {
    let statements = &mut send.block.stmts;
    let place = statements.iter().position(is_request)?;
    let Stmt::Local(local) = &statements[place] else { return None };
    let Expr::Try(request) = &*local.init.as_ref()?.expr else { return None };
    let mut request = (*request.expr).clone();
    // without it Laravel responds to errors with web pages
    let returns_file = send.sig.output.to_token_stream().to_string().contains("ByteStream");
    accept(&mut request, if returns_file { "application/pdf, application/json" } else { "application/json" });
    let rest = statements.split_off(place + 1);
    let mut build: Vec<Stmt> = statements.drain(..place).collect();
    build.iter_mut().for_each(|statement| PlainErrors.visit_stmt_mut(statement));
    *statements = parse_quote! {
        let client = self.client;
        #[allow(unused_mut)]
        let mut request = self.request().map_err(Error::InvalidRequest)?;
    };
    statements.extend(rest);
    Some(parse_quote! {
        /// Builds the request without sending it. The error is a text for people.
        pub fn request(self) -> Result<::reqwest::Request, String> {
            #(#build)*
            #request.map_err(|error| error.without_url().to_string())
        }
    })
}

/// Leaves errors the texts that they are: an `Error` of `send` is large, and here has a single form.
struct PlainErrors;

impl VisitMut for PlainErrors {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        visit_mut::visit_expr_mut(self, expression);
        if let Expr::MethodCall(call) = expression
            && call.method == "map_err"
            && call.args.to_token_stream().to_string() == "Error :: InvalidRequest"
        {
            *expression = (*call.receiver).clone();
        }
    }
}

fn is_request(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Local(local) if local.pat.to_token_stream().to_string() == "mut request")
}

/// Says what may be returned, if the chain of calls that ends in `build()` does not yet.
fn accept(request: &mut Expr, media: &str) {
    if request.to_token_stream().to_string().contains("ACCEPT") {
        return;
    }
    if let Expr::MethodCall(call) = request {
        let receiver = &call.receiver;
        *call.receiver = parse_quote! {
            #receiver.header(::reqwest::header::ACCEPT, ::reqwest::header::HeaderValue::from_static(#media))
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn building_is_apart_from_sending() {
        let mut file: syn::File = parse_quote! {
            mod builder {
                impl<'a> Download<'a> {
                    pub async fn send(self) -> Result<ResponseValue<ByteStream>, Error<()>> {
                        let Self { client, id } = self;
                        let id = id.map_err(Error::InvalidRequest)?;
                        #[allow(unused_mut)]
                        let mut request = client.client.get(url).build()?;
                        let response = client.exec(request, &info).await?;
                        Ok(response)
                    }
                }
            }
        };
        add(&mut file.items);
        let expected: syn::File = parse_quote! {
            mod builder {
                impl<'a> Download<'a> {
                    /// Builds the request without sending it. The error is a text for people.
                    pub fn request(self) -> Result<::reqwest::Request, String> {
                        let Self { client, id } = self;
                        let id = id?;
                        client.client.get(url)
                            .header(::reqwest::header::ACCEPT, ::reqwest::header::HeaderValue::from_static("application/pdf, application/json"))
                            .build()
                            .map_err(|error| error.without_url().to_string())
                    }
                    pub async fn send(self) -> Result<ResponseValue<ByteStream>, Error<()>> {
                        let client = self.client;
                        #[allow(unused_mut)]
                        let mut request = self.request().map_err(Error::InvalidRequest)?;
                        let response = client.exec(request, &info).await?;
                        Ok(response)
                    }
                }
            }
        };
        assert_eq!(file.to_token_stream().to_string(), expected.to_token_stream().to_string());
    }
}
