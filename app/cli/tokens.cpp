// SPDX-License-Identifier: Apache-2.0
#include "app/cli/tokens.h"

#include "hsm/pkcs11/module.h"

namespace sealgate::app {

Result<std::unique_ptr<hsm::Token>> open_token(const hsm::TokenSettings& settings) {
  const std::shared_ptr<hsm::Module> module = SG_TRY(hsm::Module::load(settings.module));
  std::unique_ptr<hsm::Token> token = SG_TRY(hsm::Token::create(module, settings));
  SG_TRY(token->open());
  return token;
}

std::string explain_error(const Error& error) {
  std::string text(error.kind().text);
  text += " [" + std::string(error.kind().name);
  if (error.detail() != 0) {
    text += " " + std::to_string(error.detail());
  }
  return text + "]";
}

}  // namespace sealgate::app
