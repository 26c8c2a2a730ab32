//! Rules of layers.

use super::{Rules, arn::Arn};

/// <https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html>
const MAX_LAYERS: usize = 5;

impl Rules<'_> {
    pub(super) fn layers(&mut self) {
        let stage = self.stage;
        let Some(layers) = self.in_region(&["layers"], &stage.layers) else { return };
        if layers.len() > MAX_LAYERS {
            self.fault(["layers"], format!("there are {} `layers`, and {MAX_LAYERS} is the most", layers.len()));
        }
        for (index, layer) in layers.iter().enumerate() {
            if layers[..index].contains(layer) {
                self.fault(["layers"], format!("layer `{layer}` is listed twice"));
            } else if let Some(sentence) = self.layer_fault(layer) {
                self.fault(["layers"], sentence);
            }
        }
    }

    fn layer_fault(&self, layer: &str) -> Option<String> {
        const KIND: &str = "AWS::Lambda::LayerVersion";
        if let Some(resource) = self.stage.resources.get(layer) {
            let found = resource["Type"].as_str().unwrap_or("no type");
            return (found != KIND).then(|| format!("resource `{layer}` is `{found}`, and a layer is `{KIND}`"));
        }
        let arn = Arn::parse(layer).filter(|arn| arn.service == "lambda");
        let Some(arn) = arn.filter(|arn| is_layer(arn.resource)) else {
            return Some(format!(
                "`{layer}` is neither an `{KIND}` of `resources` nor the ARN of a layer with its version, \
                 `arn:aws:lambda:REGION:ACCOUNT:layer:NAME:1`"
            ));
        };
        arn.region_fault(layer, self.region)
    }
}

/// Whether the end of an ARN is that of a version of a layer, or of a layer of AWS's that has none.
fn is_layer(resource: &str) -> bool {
    let parts: Vec<&str> = resource.split(':').collect();
    match parts[..] {
        ["layer", name, version] => {
            !name.is_empty() && !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())
        }
        ["awslayer", name] => !name.is_empty(),
        _ => false,
    }
}
